"""Trusted grading: task specs, judge, sandbox, nbgrader plug-in, command line."""
