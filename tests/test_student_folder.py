"""A student with only the released folder and the environment."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from machine import PATIENCE

from autograder.demo.example_class import fill_solutions
from autograder.tasks.catalog import TASKS, of_assignment

pytestmark = pytest.mark.slow

# Neither the grader nor the reference package can be imported: as on a machine that holds no checkout.
ALONE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "autograder":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
sys.path.insert(0, "")
"""


@pytest.fixture
def folder(root, tmp_path):
    folder = tmp_path / "somewhere else" / "assignment1"
    shutil.copytree(root / "assignments/assignment1", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(folder, code):
    return subprocess.run(
        [sys.executable, "-c", ALONE + code],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def code_of(path, assignment):
    """Fill a released notebook in place; return the code that defines the tasks, and the checks."""
    from autograder.grading.submission import definitions

    notebook = fill_solutions(nbformat.read(path, as_version=4), assignment)
    nbformat.write(notebook, path)
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            checks = cell.metadata.get("nbgrader", {}).get("grade")
            parts.append(cell.source if checks else definitions(cell.source))
    return "\n".join(parts)


def test_the_package_is_the_one_in_the_folder(folder):
    completed = run(folder, "import chainrule; print(chainrule.__file__)")
    assert str(folder) in completed.stdout, completed.stderr


@pytest.mark.parametrize("assignment", sorted({task.assignment for task in TASKS}))
def test_every_check_passes_on_right_answers(root, tmp_path, assignment):
    folder = tmp_path / assignment
    shutil.copytree(root / "assignments" / assignment, folder, ignore=shutil.ignore_patterns("__pycache__"))
    codes = {path.stem: code_of(path, assignment) for path in sorted(folder.glob("*.ipynb"))}
    for name, code in codes.items():
        completed = run(folder, code)
        assert completed.returncode == 0, completed.stderr[-2000:]
        points = sum(t.points for t in of_assignment(assignment).values() if t.notebook == name)
        assert (
            sum(float(line.split()[1]) for line in completed.stdout.splitlines() if line.endswith("points")) == points
        )


def test_a_wrong_answer_is_explained_without_the_grader(folder):
    code = (
        "from chainrule import check\nimport numpy as np\n"
        "def max_norm(W, c):\n    return np.clip(W, -c, c)\n"
        "check(max_norm)"
    )
    completed = run(folder, code)
    assert "the entries are clipped to -c..c" in completed.stdout
    assert "CheckFailed: max_norm: " in completed.stderr


def test_a_blank_answer_is_not_attempted_yet(folder):
    completed = run(
        folder, "from chainrule import check\ndef max_norm(W, c):\n    raise NotImplementedError()\ncheck(max_norm)"
    )
    assert completed.stdout.count("not attempted yet") == 2
    assert "CheckFailed: max_norm: not attempted yet" in completed.stderr


def test_a_folder_without_its_answer_key_is_reported(folder):
    shutil.rmtree(folder / "chainrule" / "answers")
    completed = run(folder, "from chainrule import check\ndef max_norm(W, c):\n    return W\ncheck(max_norm)")
    assert "expected an answer key" in completed.stderr
    assert "copy the whole assignment folder again" in completed.stderr
