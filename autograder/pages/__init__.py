"""Pages for people: sanitized notebooks, feedback, the report on a class.

For the nbgrader plug-in and commands; it uses grading and what stands below it, and knows nothing of replay.
"""
