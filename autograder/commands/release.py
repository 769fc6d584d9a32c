"""Make assignments/ASSIGNMENT from source/ASSIGNMENT and check it for leaks."""

from autograder.commands.arguments import course_of

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    parser.add_argument("assignment")


def run(arguments):
    from autograder.course.release import release

    files = release(course_of(arguments), arguments.assignment)
    print(f"assignments/{arguments.assignment}: {len(files)} files, no leaks")
    return 0
