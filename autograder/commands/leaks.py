"""Look for solutions, hidden tests and outputs in a released folder."""

from autograder.commands.arguments import course_of
from autograder.names import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    parser.add_argument("assignment", metavar="ASSIGNMENT|PATH")


def run(arguments):
    from autograder.course.leaks import find_leaks

    folder = arguments.assignment
    if "/" not in folder and folder not in (".", ".."):
        folder = course_of(arguments).path("release", folder) if folder else folder
    leaks = find_leaks(folder)
    print("\n".join(map(printable, leaks)) or f"{arguments.assignment}: no leaks")
    return 1 if leaks else 0
