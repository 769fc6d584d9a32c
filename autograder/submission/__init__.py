"""From bytes to cells: a student's files are read, parsed and repaired, and never run.

The lowest room: all others may use it, and it uses none of them.
"""
