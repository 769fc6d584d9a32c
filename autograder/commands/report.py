"""Write a report on the class as a page with plots."""

from autograder.commands.arguments import course_of
from autograder.names import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    parser.add_argument("assignment")


def run(arguments):
    from autograder.pages.report import write_report

    print(printable(write_report(course_of(arguments), arguments.assignment)))
    return 0
