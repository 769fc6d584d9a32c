"""How a call is run, its answer compared, explained and shown: shared by the visible checks and the grader.

`runner` runs one call in the process that holds the student's code. Everything else works on plain arrays:
`exam` holds what is asked and expected, `compare` finds a difference, `explain` names its cause, and
`verdict` puts it into a table.
"""
