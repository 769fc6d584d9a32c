"""Where students' code runs: a process without a network, with limits on its time, memory and output.

Used by grading and the rooms above it. It knows nothing of tasks and points; only `doctor` uses the course.
"""
