"""The example class of `autograder demo`: its course folder and its students' submissions.

Used by commands, tests and benchmarks; it uses the course and the tasks.
"""
