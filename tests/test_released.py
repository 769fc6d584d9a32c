"""Every released notebook runs from top to bottom for a student who has answered it: `make released`.

With the packages of the README's line and nothing else: a checkout lends what a folder lacks. The environment is made
once, in .student/. The notebooks run under another OpenBLAS kernel than this processor's own, so that nothing in them
holds on one kind of processor only.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from portability import plainest
from student import packages

from autograder.course_table import course_table
from autograder.demo.example_class import fill_solutions

pytestmark = [pytest.mark.slow, pytest.mark.released]

SEEN = {"PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT"}
PIP = re.compile(r"^(PIP_|UV_|SSL_|REQUESTS_|https?_proxy|no_proxy)", re.IGNORECASE)
NO_NETWORK = re.compile(r".*(connection|timed out|name resolution|unreachable).*", re.IGNORECASE)
NOTEBOOKS = [
    (assignment, path.stem)
    for assignment in course_table()
    for path in sorted((Path(__file__).parent.parent / "assignments" / assignment).glob("*.ipynb"))
]


def run(command, cwd, home, **variables):
    """Run a command with the environment variables of a fresh login."""
    env = {name: value for name, value in os.environ.items() if name in SEEN}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env | {"HOME": str(home)} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="session")
def python(root, tmp_path_factory):
    """The Python of an environment installed by the README's instructions, in the versions of constraints.txt."""
    inputs = [*packages(root), (root / "constraints.txt").read_text(encoding="utf-8"), sys.version, str(root)]
    folder = root / ".student" / hashlib.sha256("\n".join(inputs).encode()).hexdigest()[:16]
    folder.parent.mkdir(exist_ok=True)
    with open(folder.parent / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest-xdist's workers want it at the same time
        if not (folder / "installed").exists():
            for old in (path for path in folder.parent.iterdir() if path.is_dir()):
                shutil.rmtree(old)
            install(folder, root, tmp_path_factory.mktemp("home"))
            (folder / "installed").touch()
    return folder / "bin" / "python"


def install(folder, root, home):
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = {name: value for name, value in os.environ.items() if PIP.match(name)}
    command = [folder / "bin/python", "-m", "pip", "install", "-q", "-c", root / "constraints.txt", *packages(root)]
    completed = run(command, root, home, **pip)
    network_error = NO_NETWORK.search(completed.stderr) if completed.returncode else None
    if network_error and os.environ.get("CI", "").lower() not in ("true", "1"):
        pytest.skip(f"no packages without a network: {network_error[0].strip()}")
    assert completed.returncode == 0, completed.stderr[-2000:]


def test_the_environment_holds_the_students_packages_and_another_kernel(root, python, tmp_path):
    """It has neither the grader nor the package of the checkout, and uses the chosen kernel of OpenBLAS."""
    absent = "import importlib.util as u; print([u.find_spec(n) for n in ('chainrule', 'autograder', 'nbgrader')])"
    assert run([python, "-c", absent], tmp_path, tmp_path).stdout == "[None, None, None]\n"
    code = "import numpy, threadpoolctl as t; print({each.get('architecture') for each in t.threadpool_info()})"
    completed = run([python, "-c", code], tmp_path, tmp_path, **plainest())
    for kernel in plainest().values():
        assert completed.stdout.lower() == f"{ {kernel.lower()} }\n", completed.stderr


@pytest.mark.parametrize(("assignment", "name"), NOTEBOOKS, ids=["-".join(each) for each in NOTEBOOKS])
def test_a_released_notebook_runs(root, python, tmp_path, assignment, name):
    folder, home = tmp_path / assignment, tmp_path / "home"
    shutil.copytree(root / "assignments" / assignment, folder, ignore=shutil.ignore_patterns("__pycache__"))
    home.mkdir()
    for path in folder.glob("*.ipynb"):  # all of them, because one may import from another
        nbformat.write(fill_solutions(nbformat.read(path, as_version=4), assignment), path)
    convert = [python, "-m", "jupyter", "nbconvert", "--execute", "--inplace", "--to", "notebook"]
    completed = run([*convert, "--ExecutePreprocessor.timeout=-1", f"{name}.ipynb"], folder, home, **plainest())
    assert completed.returncode == 0, completed.stderr[-3000:]
    cells = nbformat.read(folder / f"{name}.ipynb", as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code" and cell.source.strip())
