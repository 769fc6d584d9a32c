"""Grade the submissions of an assignment."""

import json

from tqdm import tqdm

from autograder.commands.arguments import add_jobs, add_json, add_sandbox, course_of, options_of
from autograder.commands.table import text_table
from autograder.submission.misplaced import find_misplaced

__all__ = ["add_arguments", "grade_class", "run"]


def add_arguments(parser):
    parser.add_argument("assignment")
    parser.add_argument("--student", help="only this student")
    add_jobs(parser)
    parser.add_argument("--scheduler", metavar="ADDR", help="a Dask scheduler to grade on")
    parser.add_argument("--force", action="store_true", help="grade again what was graded before")
    parser.add_argument("--run-all", action="store_true", help="run the cells that only draw or experiment, too")
    add_sandbox(parser)
    add_json(parser)


def run(arguments):
    course = course_of(arguments)
    results = grade_class(
        course,
        arguments.assignment,
        options_of(arguments, course),
        student=arguments.student,
        force=arguments.force,
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
    )
    print(json.dumps([r.as_dict() for r in results], indent=1) if arguments.json else text_table(results))
    return 1 if any(r.error for r in results) else 0


def grade_class(course, assignment, options, student=None, force=False, jobs=None, scheduler=None):
    """Grade with a progress bar on standard error; return the results in order of the students' names."""
    from autograder.grading.classroom import grade, pool

    course.require(assignment)
    names = [*course.students(assignment), *find_misplaced(course, assignment)]
    total = len(names) if student is None else 1
    with pool(jobs, scheduler) as executor:
        results = grade(course, assignment, options, student, force, executor)
        results = list(tqdm(results, total=total, desc="graded", unit="student"))
    return sorted(results, key=lambda result: result.student)
