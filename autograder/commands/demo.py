"""Run the whole round on an example class: release, submit, grade, feedback."""

import time

from autograder.commands.arguments import add_jobs, add_sandbox, course_of, options_of
from autograder.commands.grade import grade_class
from autograder.commands.table import text_table
from autograder.names import printable

__all__ = ["add_arguments", "run"]

ASSIGNMENT = "assignment1"


def add_arguments(parser):
    add_jobs(parser)
    add_sandbox(parser)
    parser.add_argument("--folder", default="demo", help="where to put the class (default: demo)")


def run(arguments):
    """Return 0 unless something fails that the students did not cause."""
    from autograder.demo.course import new_course

    start = time.monotonic()
    original = course_of(arguments)
    options = options_of(arguments, original)
    course = new_course(original, arguments.folder)
    leaks = _release(course)
    _submit(course)
    results = grade_class(course, ASSIGNMENT, options, jobs=arguments.jobs)
    problems = _write_feedback(course, results, arguments.jobs)
    print(text_table(results))
    print(f"Feedback pages: {printable(course.root / 'feedback')}")
    print(f"Finished in {time.monotonic() - start:.0f} s.")
    for student, problem in problems.items():
        print(f"{student}: no feedback page, {problem}")
    return 1 if leaks or problems or any(r.error for r in results) else 0


def _release(course):
    from autograder.course.leaks import find_leaks
    from autograder.course.release import release

    files, leaks = release(course, ASSIGNMENT), find_leaks(course.path("release", ASSIGNMENT))
    print(f"Released {ASSIGNMENT}: {len(files)} files, {len(leaks)} leaks.")
    return leaks


def _submit(course):
    from autograder.demo.example_class import ROSTER, make_class

    make_class(course, ASSIGNMENT)
    print(f"{len(ROSTER)} students submitted:")
    for student in ROSTER:
        print(f"    {student.name}: {student.story}")


def _write_feedback(course, results, jobs):
    from autograder.grading.workers import pool
    from autograder.pages.feedback import write_feedback

    with pool(jobs) as executor:
        return write_feedback(course, ASSIGNMENT, [r.student for r in results if not r.error], executor)
