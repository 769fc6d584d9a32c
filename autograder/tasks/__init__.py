"""The tasks of the course: how to specify a task (`spec`), the costs of strictness, and the `catalog` of all tasks.

Every package of the grader may import this one; it imports `chainrule` and, of the grader, `errors` and `course_table`.
"""
