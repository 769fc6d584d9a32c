"""`autograder judge FILE.py`: parse a plain Python file, provide what it imports, and judge it like a notebook.

Used by replay and commands; it uses grading and the rooms below it.
"""
