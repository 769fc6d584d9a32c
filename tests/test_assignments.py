"""Every assignment as a whole, through the sandbox: correct answers earn everything, blank ones nothing."""

import nbformat
import pytest

from autograder.course.folder import read_folder
from autograder.demo.example_class import fill_solutions
from autograder.grading.submission import Options, grade_submission
from autograder.tasks.catalog import TASKS, of_assignment

pytestmark = pytest.mark.slow
ASSIGNMENTS = sorted({task.assignment for task in TASKS})


def graded(root, sandbox, assignment, change):
    released = read_folder(root / "assignments" / assignment)
    names = [path for path in released if path.endswith(".ipynb")]
    work = {n: nbformat.writes(change(nbformat.reads(released[n].decode(), as_version=4))).encode() for n in names}
    graded_submission = grade_submission(work, released, assignment, "zoe", Options(sandbox))
    return {verdict.task: verdict for verdicts in graded_submission.verdicts.values() for verdict in verdicts}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_right_answers_earn_all_points(root, sandbox, assignment):
    verdicts = graded(root, sandbox, assignment, lambda notebook: fill_solutions(notebook, assignment))
    assert {name: verdict.reason() for name, verdict in verdicts.items() if not verdict.passed} == {}
    assert {name: v.score for name, v in verdicts.items()} == {
        n: t.points for n, t in of_assignment(assignment).items()
    }


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_blank_answers_earn_nothing(root, sandbox, assignment):
    verdicts = graded(root, sandbox, assignment, lambda notebook: notebook)
    assert {verdict.score for verdict in verdicts.values()} == {0}
    assert [name for name, verdict in verdicts.items() if verdict.attempted] == []
