"""The grader: task specs, judge, sandbox, nbgrader plug-in, command line.

`hidden_tests(function)` is what the hidden region of a source notebook calls.
"""

__all__ = ["hidden_tests"]


def hidden_tests(function, seed=None):
    """Judge a function in this process on random inputs; raise CheckFailed with the verdict if it is wrong.

    seed: of the inputs; by default a new one. The reference notebooks use this. Students are graded with the same
    exams, but from outside of their process.
    """
    import secrets
    import sys

    from autograder.tasks.catalog import TASKS, task_named
    from autograder.tasks.spec import exam_of
    from chainrule.check import case_runner, find_task_name, task_namespace
    from chainrule.errors import CheckFailed
    from chainrule.judging.verdict import judge

    seed = secrets.randbelow(2**31) if seed is None else seed
    names = sys._getframe(1).f_globals
    task = task_named(find_task_name(function, [task.name for task in TASKS], names))
    verdict = judge(exam_of(task, seed), case_runner(task_namespace(function, names)), seed)
    if not verdict.passed:
        raise CheckFailed(f"{verdict.task}, seed {seed}: {verdict.reason()}")
