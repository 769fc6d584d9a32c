"""Let nbgrader work in a course whose path has special characters: `[CS] course`, `what?`, `feature%2Fx`.

nbgrader puts the path into patterns for `glob` and into the URL of its gradebook without escaping. Importing this
module patches it to take the path literally, in nbgrader's own commands, too. `create_engine` opens a gradebook.
"""

import glob
import importlib
import os
from pathlib import Path
from types import SimpleNamespace

import nbgrader.api
import nbgrader.dbutil
import sqlalchemy

from autograder.errors import UsageError

__all__ = ["CONFIG", "DATABASE_SETTING", "create_engine", "database_url", "glob_course", "require_path"]

CONFIG = "nbgrader_config.py"
DATABASE_SETTING = f"c.CourseDirectory.db_url in {CONFIG}"
SQLITE, GRADEBOOK = "sqlite:///", "gradebook.db"
GLOBBING = ("apps.api", "converters.base", "exchange.default.exchange", "exchange.default.release_feedback", "utils")


def require_path(folder):
    """Raise UsageError for a path in which nbgrader would replace a variable and not find its configuration."""
    if (expanded := os.path.expandvars(folder)) != str(folder):
        raise UsageError(
            f"course: expected no name of a variable in its path, got {folder}; nbgrader reads {expanded}, rename it"
        )


def glob_course(pattern):
    """Like `glob.glob`, with the path of the course, with which the pattern begins, taken literally."""
    for root in map(str, Path(pattern).parents):
        if os.path.isfile(os.path.join(root, CONFIG)) and pattern.startswith(root):
            return glob.glob(glob.escape(root) + pattern[len(root) :])
    return glob.glob(pattern)


def database_url(text):
    """Return the URL of a database; in nbgrader's default, `sqlite:///` and a path, the path is taken literally."""
    path = str(text).removeprefix(SQLITE)
    literal = str(text) == f"{SQLITE}{path}" and os.path.basename(path) == GRADEBOOK
    return sqlalchemy.URL.create("sqlite", database=path) if literal and Path(path).parent.is_dir() else text


def create_engine(text, **options):
    """Return SQLAlchemy's engine for a gradebook. Raises UsageError if its driver is not installed."""
    try:
        return sqlalchemy.create_engine(database_url(text), **options)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"gradebook: expected the driver for {DATABASE_SETTING}, got {error}; pip install 'chainrule[postgres]'"
        ) from None


def _write_alembic_ini(alembic_ini, db_url):
    """Replaces nbgrader's function of that name. In an ini file a % must be doubled."""
    address = sqlalchemy.make_url(database_url(db_url)).render_as_string(hide_password=False)
    _STOCK_INI(alembic_ini, address.replace("%", "%%"))


_STOCK_INI = nbgrader.dbutil.write_alembic_ini
nbgrader.dbutil.write_alembic_ini = _write_alembic_ini
nbgrader.api.create_engine = create_engine
for _name in GLOBBING:
    importlib.import_module(f"nbgrader.{_name}").glob = SimpleNamespace(glob=glob_course)
