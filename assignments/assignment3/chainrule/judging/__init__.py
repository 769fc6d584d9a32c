"""Run a call of a student's code, compare and explain its answer, show the verdict: for visible checks and the grader.

`runner` runs one call in the process that holds the student's code. Everything else works on plain arrays:
`exam` holds the cases and their expected outputs, `compare` finds a difference, `explain` names its cause, and
`verdict` puts it into a table.
"""
