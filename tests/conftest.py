import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from autograder.commands.home import ensure_home

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

# A busy machine must not make a right test fail.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

ensure_home()

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def sandbox():
    """The sandbox in which tests run students' code: bubblewrap where it works."""
    from autograder.sandbox.bubblewrap import sandbox_problem

    return "none" if sandbox_problem() else "bwrap"


@pytest.fixture
def bwrap():
    """Skip where there is no sandbox."""
    from autograder.sandbox.bubblewrap import sandbox_problem

    if problem := sandbox_problem():
        pytest.skip(problem)


@pytest.fixture
def course(tmp_path):
    """A fresh course folder with this checkout's sources and release."""
    from autograder.course.folder import Course

    for name in ("source", "assignments"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return Course(tmp_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Make reports text: file names may hold bytes that are not, which a worker of pytest-xdist cannot send."""
    report = yield
    report.sections = [(title, _as_text(content)) for title, content in report.sections]
    if report.failed and _as_text(str(report.longrepr)) != str(report.longrepr):
        report.longrepr = _as_text(str(report.longrepr))
    return report


def _as_text(content):
    return content.encode("utf-8", "backslashreplace").decode("utf-8")
