"""How often the grader is wrong: judge correct answers, named mistakes and generated mutants of every task.

`make mutants` runs it and prints a table; `python -m tests.mutants --help` says how to narrow it.
"""
