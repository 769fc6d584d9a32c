"""Grade the submissions of an assignment."""

import json
import sys
import time

from tqdm import tqdm

from autograder.commands.arguments import add_jobs, add_json, add_sandbox, course_of, options_of
from autograder.commands.table import text_table
from autograder.errors import GradingError
from autograder.names import printable
from autograder.submission.misplaced import find_misplaced

__all__ = ["add_arguments", "grade_class", "run"]

WATCH_SECONDS = 2
LOG_SECONDS = 10  # between two lines of progress in a file


def add_arguments(parser):
    parser.add_argument("assignment")
    parser.add_argument("--student", help="only this student")
    add_jobs(parser)
    parser.add_argument("--scheduler", metavar="ADDR", help="a Dask scheduler to grade on")
    parser.add_argument("--force", action="store_true", help="grade again what was graded before")
    parser.add_argument("--run-all", action="store_true", help="run the cells that only draw or experiment, too")
    parser.add_argument("--watch", action="store_true", help="go on and grade what arrives, until Ctrl-C")
    add_sandbox(parser)
    add_json(parser)


def run(arguments):
    course = course_of(arguments)
    options = options_of(arguments, course)
    if arguments.watch:
        return _watch(course, options, arguments)
    results = grade_class(
        course,
        arguments.assignment,
        options,
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
    with pool(jobs, scheduler) as executor:
        results = grade(course, assignment, options, student, force, executor)
        results = list(_with_progress(results, len(names) if student is None else 1))
    return sorted(results, key=lambda result: result.student)


def _with_progress(results, total):
    """Yield the results; show how many are done and not graded, the rate and the time left on standard error."""
    settings = {} if sys.stderr.isatty() else {"file": _Lines(), "mininterval": LOG_SECONDS, "ncols": 80}
    with tqdm(total=total, desc="graded", unit="student", **settings) as bar:
        not_graded = 0
        for result in results:
            not_graded += bool(result.error)
            bar.set_postfix_str(f"not graded: {not_graded}", refresh=False)
            bar.update()
            yield result


class _Lines:
    """Standard error, where it is a file: each state of a bar is a line of its own."""

    def write(self, text):
        if text := text.strip("\r\n "):
            print(text, file=sys.stderr)

    def flush(self):
        sys.stderr.flush()


def _watch(course, options, arguments):
    """Grade each submission that arrives or changes, with a line for each, until the process is stopped."""
    from autograder.grading.arrivals import Arrivals
    from autograder.grading.classroom import grade, pool

    course.released_files(arguments.assignment)
    arrivals, problem = Arrivals(course, arguments.assignment), ""
    with pool(arguments.jobs, arguments.scheduler) as executor:
        while True:
            students = [s for s in arrivals.take() if arguments.student in (None, s)]
            try:
                for result in grade(course, arguments.assignment, options, students, arguments.force, executor):
                    print(json.dumps(result.as_dict()) if arguments.json else text_table([result]), flush=True)
            except GradingError as error:  # such as another command at work; tried again
                arrivals.give_back(students)
                if str(error) != problem:
                    problem = str(error)
                    print(f"autograder: {printable(problem)}", file=sys.stderr)
            time.sleep(WATCH_SECONDS)
