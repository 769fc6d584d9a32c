"""The instructor's folder: releases, the student edition, answer keys, leaks, and the source notebooks kept in step.

For everything above; it uses the tasks, and knows nothing of sandbox and grading.
"""
