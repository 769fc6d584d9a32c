# nbgrader reads this file wherever it is started in this folder; `autograder` reads it too.
from autograder.nbgrader_plugin import configure

configure(get_config())  # noqa: F821 traitlets provides get_config
