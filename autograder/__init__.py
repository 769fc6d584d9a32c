"""Trusted grading: task specs, judge, sandbox, nbgrader plug-in, command line.

`hidden_tests(function)` is what the hidden region of a source notebook calls.
"""

__all__ = ["hidden_tests"]


def hidden_tests(function, seed=None):
    """Judge a function in this process on freshly drawn inputs; raise CheckFailed with the verdict if it is wrong.

    This serves the reference notebooks. Students are graded by the same exams, but outside their process.
    """
    import secrets

    from autograder.spec import exam_of
    from autograder.specs import task_named
    from chainrule.check import asker, namespace_of
    from chainrule.errors import CheckFailed
    from chainrule.judging.verdict import judge

    seed = secrets.randbelow(2**31) if seed is None else seed
    exam = exam_of(task_named(function.__qualname__), seed)
    verdict = judge(exam, asker(namespace_of(function)), seed)
    if not verdict.passed:
        raise CheckFailed(f"{verdict.task}, seed {seed}: {verdict.reason()}")
