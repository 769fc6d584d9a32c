"""The tasks of the course: how one is described, what its strictness costs, and all of them by name (`catalog`).

What is here may be imported from everywhere; it imports `chainrule` and nothing of the grader but `errors`.
"""
