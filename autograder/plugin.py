"""An alias of `autograder.nbgrader_plugin`, which the nbgrader_config.py of older courses imports."""

from autograder.nbgrader_plugin import configure

__all__ = ["configure"]
