"""Where students' code runs: a process without a network, with counted time, memory and output.

For grading and what stands above it. It knows nothing of tasks and points; `doctor` alone uses the course.
"""
