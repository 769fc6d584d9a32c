"""From the files of a class to points in the gradebook: run and judge notebooks, write the journal, record grades.

Used by plainfile, pages, replay, the nbgrader plug-in and commands; it uses sandbox, tasks, course and submission.
"""
