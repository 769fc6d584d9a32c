"""The instructor's folder: releases, the student edition, answer keys, the leak check, and `sync` of source notebooks.

Used by all rooms above it. It uses the tasks, and knows nothing of sandbox and grading.
"""
