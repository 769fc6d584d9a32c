"""The name of `autograder.nbgrader_plugin` in the nbgrader_config.py of older courses."""

from autograder.nbgrader_plugin import configure

__all__ = ["configure"]
