"""Make the cells of the source notebooks agree with the package and the specs."""

from autograder.commands.arguments import course_of
from autograder.names import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    parser.add_argument("assignment")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if they do not agree")


def run(arguments):
    from autograder.course.sync import sync

    course = course_of(arguments)
    course.require(arguments.assignment)
    changed = sync(course.root, arguments.assignment, write=not arguments.check)
    print("\n".join(map(printable, changed)) or f"{arguments.assignment}: the notebooks agree with the package")
    return 1 if changed and arguments.check else 0
