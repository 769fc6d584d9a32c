"""Write the feedback pages of a graded assignment, several students at once: `write_feedback`."""

from autograder.course import Course, complaint
from autograder.workers import submit

__all__ = ["write_feedback"]

SECONDS = 300  # for the pages of one student


def write_feedback(course, assignment, students, executor):
    """Run nbgrader's generate_feedback for every student; return {student: problem} where it failed."""
    jobs = {student: submit(executor, SECONDS, _one, str(course.root), assignment, student) for student in students}
    found = {student: _problem(job) for student, job in jobs.items()}
    return {student: problem for student, problem in found.items() if problem}


def _problem(job):
    try:
        return job.result()
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _one(root, assignment, student):
    result = Course(root).nbgrader().generate_feedback(assignment, student)
    return None if result["success"] else complaint(result)
