"""The course folder: `Course` finds assignments, releases and submissions, and opens the gradebook.

`Course.nbgrader` returns nbgrader's API, configured by nbgrader_config.py. `read_folder` reads all files of a folder.
"""

import copy
import os
import re
import stat
import sys
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

import nbgrader.api
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from traitlets.config.loader import PyFileConfigLoader

from autograder.course.nbgrader_paths import CONFIG, DATABASE_SETTING, create_engine, require_path
from autograder.course.postgres import take_turns
from autograder.errors import GradingError, MachineError, UsageError, unreadable_error

__all__ = ["CONFIG", "Course", "add_scripts_to_path", "database_errors", "failure_message", "read_folder"]

UNSPECIFIC = ("traceback for details", "There was an error", "Traceback (most recent")
ADVICE = dict.fromkeys(("password", "authentication", "does not exist", "parse", "plugin"), f"mend {DATABASE_SETTING}")
ADVICE |= dict.fromkeys(
    ("connect", "server closed", "shutting down", "starting up", "resolve"),
    f"let the server run and answer, or mend {DATABASE_SETTING}",
)
ADVICE |= dict.fromkeys(("locked", "lock timeout", "deadlock"), "close what is using it")
ADVICE |= {"full": "make room on the disk", "readonly": "let it be written"}
ADVICE["unable"] = "let its folder be written"
OLD_TABLES = re.compile(
    r"no such (column|table)|has no column|undefined(column|table)|(column|relation) \S+ does not", re.I
)
UPGRADE = "it was made by an older nbgrader: keep a copy of it, then run `nbgrader db upgrade` in the course's folder"
IGNORED = {".ipynb_checkpoints", "__pycache__"}


class Course:
    """A folder with nbgrader_config.py, source/ and what nbgrader makes of it."""

    def __init__(self, root="."):
        self.root = Path(os.path.realpath(root))
        if root == "" or not os.path.isfile(self.root / CONFIG):
            got = f"{self.root!s:.300}" if root else "''"
            raise UsageError(f"course: expected a folder with {CONFIG}, got {got}; use --course")
        require_path(self.root)
        add_scripts_to_path()
        _add_to_python_path(self.root)
        self.config = PyFileConfigLoader(str(self.root / CONFIG)).load_config()
        self.config.CourseDirectory.root = str(self.root)
        self.directory = CourseDirectory(config=self.config)

    def path(self, kind, assignment, student="."):
        """Return the folder of an assignment; kind: "source", "release", "submitted", "autograded", "feedback"."""
        name = getattr(self.directory, f"{kind}_directory")
        return Path(self.directory.format_path(name, student, assignment))

    def assignments(self):
        """The names of the assignments in source/."""
        source = self.root / self.directory.source_directory
        return [name for name in _names(source) if _may_hold_notebooks(source / name)]

    def require(self, assignment):
        """Raise UsageError unless source/ holds this assignment."""
        if assignment not in self.assignments():
            names = ", ".join(self.assignments()) or "none"
            raise UsageError(f"assignment: expected one in source/ ({names}), got {assignment!r}")

    def released_files(self, assignment):
        """Return {relative path: bytes} of a released assignment. Raises UsageError if it is not released."""
        self.require(assignment)
        files = read_folder(self.path("release", assignment))
        if not any(path.endswith(".ipynb") for path in files):
            raise UsageError(f"{assignment}: expected a release, found none; run `autograder release {assignment}`")
        return files

    def students(self, assignment):
        """The names of the students who submitted this assignment, including those whose folder cannot be read."""
        submitted = self.root / self.directory.submitted_directory
        return [name for name in _names(submitted) if not _is_missing(submitted / name, assignment)]

    def nbgrader(self, **changes):
        """Return nbgrader's API; changes: {"Class": {"trait": value}} on top of the course's configuration."""
        config = copy.deepcopy(self.config)
        for section, traits in changes.items():
            config[section].update(traits)
        directory = CourseDirectory(config=config)
        return NbGraderAPI(coursedir=directory, config=config)

    @property
    def work_folder(self):
        """The folder for unfinished files; it exists within `lock.locked`."""
        return self.root / ".autograder" / ".work"

    @contextmanager
    def gradebook(self):
        """Open nbgrader's gradebook. Errors of the database become a GradingError of one line."""
        with database_errors(), Gradebook(self.directory.db_url) as gradebook:
            yield gradebook

    @contextmanager
    def transaction(self):
        """Join all changes made to the gradebook inside, also by nbgrader, in one transaction.

        nbgrader opens the gradebook for every step and commits every cell. Inside, all steps share one connection that
        holds the lock on the gradebook and commits at the end.
        """
        with database_errors(), self._database.connect() as connection, connection.begin() as transaction:
            take_turns(connection, self.directory)
            connection.dispose = lambda: None
            with patch.object(nbgrader.api, "create_engine", lambda *_, **__: connection):
                yield transaction

    @cached_property
    def _database(self):
        """The engine of all transactions: it compiles each statement once. It keeps no connection open."""
        database = create_engine(self.directory.db_url, poolclass=NullPool)
        if database.dialect.name == "sqlite":
            # The driver itself would begin a transaction at the first change only, and not before tables are made.
            event.listen(database, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
            event.listen(database, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return database


def add_scripts_to_path():
    """Put the folder of this Python on PATH: nbgrader starts `alembic` by name, also where no environment is active."""
    scripts = str(Path(sys.executable).parent)
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"


def _add_to_python_path(root):
    """Let nbgrader import modules such as late.py from the course's folder; it comes last and hides no other module."""
    if str(root) not in sys.path:
        sys.path.append(str(root))


@contextmanager
def database_errors():
    """Turn an error of the database into a GradingError of one line."""
    try:
        yield
    except SQLAlchemyError as error:
        message = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
        if OLD_TABLES.search(message):
            raise GradingError(_upgrade_message(message)) from None
        advice = next((advice for word, advice in ADVICE.items() if word in message), "look at the database")
        raise GradingError(
            f"gradebook: expected to be free for reading and writing, got {message!r}; {advice}"
        ) from None


def _upgrade_message(message):
    return f"gradebook: expected the tables of this nbgrader, got {message!r}; {UPGRADE}"


def failure_message(result):
    """Return the line of a result of nbgrader's API that says what went wrong."""
    lines = [line.strip() for line in f"{result.get('log') or ''}\n{result.get('error') or ''}".split("\n")]
    error_lines = [line for line in lines if re.match(r"^([\w.]+(Error|Exception|Entry)\b|\[ERROR\])", line)]
    specific_lines = [line for line in error_lines if not any(words in line for words in UNSPECIFIC)]
    message = (specific_lines or error_lines or ["it gave no reason"])[0]
    return _upgrade_message(message) if "Error" in message and OLD_TABLES.search(message) else message


def read_folder(folder):
    """Return {relative path: bytes} of the regular files in a folder, {} if there is no folder.

    Links are not followed. Raises MachineError for a file or folder that cannot be read.
    """
    files, subfolders, folder = {}, [""], str(folder)
    while subfolders:
        subfolder = subfolders.pop()
        for name in _names(os.path.join(folder, subfolder)):
            relative = os.path.join(subfolder, name)
            path = os.path.join(folder, relative)
            try:
                mode = 0 if name in IGNORED else os.lstat(path).st_mode
                if stat.S_ISREG(mode):
                    files[relative] = Path(path).read_bytes()
            except OSError as error:
                raise unreadable_error(path, error) from None
            if stat.S_ISDIR(mode):
                subfolders.append(relative)
    return dict(sorted(files.items(), key=lambda item: Path(item[0])))


def _names(folder):
    """The sorted names in a folder, [] if there is no folder. Raises MachineError if they cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable_error(folder, error) from None


def _may_hold_notebooks(folder):
    try:
        return any(name.endswith(".ipynb") for name in _names(folder))
    except MachineError:
        return True


def _is_missing(folder, name):
    """True if there is certainly no folder of this name; False if it cannot be read, as on a mount that is away."""
    try:
        return not stat.S_ISDIR(os.stat(folder / name).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return not any(os.path.islink(path) and not os.path.exists(path) for path in (folder, folder / name))
    except OSError:
        return False
