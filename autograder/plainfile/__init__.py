"""`autograder judge FILE.py`: a plain Python file is parsed, given what it imports, and judged like a notebook.

For replay and commands; it uses grading and what stands below it.
"""
