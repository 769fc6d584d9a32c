"""Check a function you wrote against known answers: `check(svm_loss_vectorized)`.

The answers travel with the notebooks as plain arrays, so a check works without a network and without any
file of the instructor's. It shows a table and raises CheckFailed if anything is wrong.
"""

import sys
from pathlib import Path

from chainrule.errors import ChainruleError, CheckFailed
from chainrule.judging import runner
from chainrule.judging.exam import load_exams
from chainrule.judging.verdict import AnswerError, judge

__all__ = ["check"]

ANSWERS = Path(__file__).parent / "answers"


def check(function):
    """Show which checks the function (or method, or class) passes; raise CheckFailed unless it passes all.

    function: a task of the course, by its own name, e.g. `KNearestNeighbor.predict_labels`.
    """
    name = getattr(function, "__qualname__", None) or str(function)
    exam = find_exam(name)
    verdict = judge(exam, asker(namespace_of(function)))
    _show(verdict)
    if not verdict.passed:
        what = f"{verdict.score:g} of {verdict.points:g} points" if verdict.attempted else "not attempted yet"
        raise CheckFailed(f"{name}: {what}")


def find_exam(name):
    """Return the exam of a task, from the answer key beside this file or, without one, from the task specs."""
    exams = {}
    for path in sorted(ANSWERS.glob("*.npz")):
        exams |= load_exams(path)
    if not exams:
        exams = _instructors_exams()
    if name not in exams:
        known = ", ".join(exams)
        raise ChainruleError(f"check: expected a function of this assignment ({known}), got {name!r}")
    return exams[name]


def namespace_of(function):
    """Return the names that the function's own notebook or file knows, the function among them."""
    root = function.__qualname__.split(".")[0]
    names = getattr(function, "__globals__", None)
    if names is None:
        names = vars(sys.modules[function.__module__])
    return names if root in names else {**names, root: function}


def asker(namespace):
    """Return the `ask` that `judge` needs, for code that lives in this process."""

    def ask(case, measured):
        try:
            if measured:
                costs = runner.measure(case.call, case.inputs, namespace)
                return {name: runner.plain(value) for name, value in costs.items()}
            return runner.execute(case.call, case.inputs, list(case.expected), namespace, case.layout)
        except runner.BadReply:
            raise
        except Exception as error:
            found = runner.describe(error)
            raise AnswerError(found["type"], found["message"], found["line"]) from None

    return ask


def _instructors_exams():
    try:
        from autograder.key import visible_exams
    except ImportError:
        raise ChainruleError(
            f"check: expected an answer key in {ANSWERS}, found none; copy the whole assignment folder again"
        ) from None
    return visible_exams()


def _show(verdict):
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
        sys.modules["IPython"].display.display(verdict)
    else:
        print(verdict)
