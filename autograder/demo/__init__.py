"""The example class of `autograder demo`: its course folder and its students' submissions.

For commands, tests and benchmarks; it uses the course and the tasks.
"""
