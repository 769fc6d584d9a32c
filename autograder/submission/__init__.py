"""From bytes to cells: a student's files are read, parsed, repaired; nothing of them is run.

The lowest room: everything may use it, it uses none of the others.
"""
