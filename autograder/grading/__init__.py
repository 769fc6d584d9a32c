"""From the files of a class to points in the gradebook: notebooks are run and judged, journaled, recorded.

For plainfile, pages, replay, the nbgrader plug-in and commands; it uses sandbox, tasks, course and submission.
"""
