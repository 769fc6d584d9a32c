"""The tasks of the course: how a task is specified (`spec`), what strictness costs, and the `catalog` of all tasks.

Every package of the grader may import this one; it imports `chainrule` and, of the grader, `errors` and `course_table`.
"""
