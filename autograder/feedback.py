"""Write the feedback pages of a graded assignment, several students at once: `write_feedback`."""

from autograder.course import Course, complaint

__all__ = ["write_feedback"]


def write_feedback(course, assignment, students, executor):
    """Run nbgrader's generate_feedback for every student; return {student: problem} where it failed."""
    jobs = {student: executor.submit(_one, str(course.root), assignment, student) for student in students}
    found = {student: job.result() for student, job in jobs.items()}
    return {student: problem for student, problem in found.items() if problem}


def _one(root, assignment, student):
    result = Course(root).nbgrader().generate_feedback(assignment, student)
    return None if result["success"] else complaint(result)
