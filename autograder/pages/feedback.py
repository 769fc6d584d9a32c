"""Let nbgrader write the feedback pages of a graded assignment, several students at once: `write_feedback`.

`make_releasable` is a hook that nbgrader calls at the end, so that its release_feedback accepts every folder.
"""

import secrets

from autograder.course.folder import Course, failure_message
from autograder.grading.workers import submit

__all__ = ["make_releasable", "write_feedback"]

TIMEOUT_SECONDS = 300  # for the pages of one student


def write_feedback(course, assignment, students, executor):
    """Run nbgrader's generate_feedback for every student; return {student: message} of those for whom it failed."""
    root = str(course.root)
    jobs = {student: submit(executor, TIMEOUT_SECONDS, _generate, root, assignment, student) for student in students}
    problems = {student: _problem(job) for student, job in jobs.items()}
    return {student: problem for student, problem in problems.items() if problem}


def make_releasable(assignment, student, **_):
    """Write the two files that release_feedback needs for submissions that did not come through the exchange.

    Without them for one student, nobody would get the pages. A secret made here is known to nobody, and neither is the
    name of the page made from it. student: a name or nbgrader's pattern of names.
    """
    course = Course()
    pattern = course.path("feedback", assignment, student).relative_to(course.root)
    for folder in course.root.glob(str(pattern)):
        for name, default in (("timestamp.txt", ""), ("submission_secret.txt", secrets.token_hex(64))):
            path = folder / name
            data = path.read_bytes() if path.is_file() else b""
            if not (data.isascii() and data.strip()):
                path.unlink(missing_ok=True)
                path.write_text(default, encoding="utf-8")


def _problem(job):
    try:
        return job.result()
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _generate(root, assignment, student):
    result = Course(root).nbgrader().generate_feedback(assignment, student)
    return None if result["success"] else failure_message(result)
