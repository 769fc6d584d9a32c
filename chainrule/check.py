"""Check a function you wrote against an answer key: `check(svm_loss_vectorized)`.

The answer key is part of the released folder and holds plain arrays, so a check needs no network and no file of the
instructor's. It shows a table and raises CheckFailed if anything is wrong.
"""

import sys
from functools import cache
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
    names = sys._getframe(1).f_globals
    exams = load_answer_key()
    name = find_task_name(function, exams, names)
    verdict = judge(exams[name], case_runner(task_namespace(function, names)))
    _display(verdict)
    if not verdict.passed:
        result = f"{verdict.score:g} of {verdict.points:g} points" if verdict.attempted else "not attempted yet"
        raise CheckFailed(f"{name}: {result}")


def load_answer_key():
    """Return {task: Exam} from the answer key beside this file or, without one, from the task specs."""
    exams = {}
    for path in sorted(ANSWERS.glob("*.npz")):
        exams |= _load_cached(path, path.stat().st_mtime_ns)
    return exams or _exams_from_specs()


@cache
def _load_cached(path, _):
    """The exams in a file, read again only if its modification time changes: reading takes half a second."""
    return load_exams(path)


def find_task_name(function, tasks, names):
    """Return the name of a function's task: by its own name, or by the one it has in `names`; else ChainruleError."""
    name = getattr(function, "__qualname__", str(function))
    if name in tasks:
        return name
    for task in tasks:
        if function is not None and resolve_task(task, names) is function:
            return task
    raise ChainruleError(f"check: expected a function of this assignment ({', '.join(tasks)}), got {name!r}")


def task_namespace(function, names):
    """Return the names the function's code may use: the globals of its own module, and those of the caller."""
    namespace = {**getattr(function, "__globals__", {}), **names}
    root = getattr(function, "__qualname__", "").split(".")[0]
    return namespace if root in namespace or not root else {**namespace, root: function}


def resolve_task(task, names):
    """Return the object that a task's qualified name ("Class.method") refers to in the dict `names`, or None."""
    first, *attributes = task.split(".")
    value = names.get(first)
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return value


def case_runner(namespace):
    """Return the function `run_case(case, measured)` that `judge` needs, for code in this process."""

    def run_case(case, measured):
        try:
            if measured:
                costs = runner.measure(case.call, case.inputs, namespace, list(case.expected))
                return {name: runner.plain_array(value) for name, value in costs.items()}
            call, names = case.asked
            return runner.execute(call, case.inputs, names, namespace, case.layout)
        except runner.BadReply:
            raise
        except Exception as error:
            described = runner.describe_error(error)
            raise AnswerError(described["type"], described["message"], described["line"]) from None

    return run_case


def _exams_from_specs():
    try:
        from autograder.course.answer_key import visible_exams
    except ImportError:
        raise ChainruleError(
            f"check: expected an answer key in {ANSWERS}, found none; copy the whole assignment folder again"
        ) from None
    return visible_exams()


def _display(verdict):
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
        sys.modules["IPython"].display.display(verdict)
    else:
        print(verdict)
