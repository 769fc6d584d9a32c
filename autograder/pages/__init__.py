"""HTML pages: sanitized notebooks, feedback for students, the report on a class.

Used by the nbgrader plug-in and commands; it uses grading and the rooms below it, and knows nothing of replay.
"""
