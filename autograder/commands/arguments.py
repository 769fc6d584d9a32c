"""Arguments that several commands have: numbers, `--sandbox`, `--json`; the course and the options made from them."""

import argparse

from autograder.plainfile.files import MAX_SEED

__all__ = ["add_jobs", "add_json", "add_sandbox", "course_of", "options_of", "positive", "seed"]


def add_sandbox(parser):
    text = "none runs students' code without a sandbox, and the verdicts say so (default: bwrap)"
    parser.add_argument("--sandbox", choices=("bwrap", "none"), default="bwrap", help=text)


def add_json(parser):
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_jobs(parser):
    parser.add_argument("--jobs", type=positive, help="how many submissions at once (default: one a core)")


def _natural(text):
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r:.100}")
    return int(text)


def positive(text):
    """Return the whole number in a text, 1 or more; for argparse."""
    if _natural(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number, 1 or more, got {text!r:.100}")
    return int(text)


def seed(text):
    """Return the seed in a text, as NumPy's generators accept; for argparse."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_SEED):
        shown = text if len(text) < 30 else f"{text[:30]}... ({len(text)} characters)"
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to {MAX_SEED}, got {shown!r}")
    return int(text)


def course_of(arguments):
    """Return the `Course` in the folder of --course."""
    from autograder.course.folder import Course

    return Course(arguments.course)


def options_of(arguments, course=None):
    """Return the `Options` of grading, with the limits of the course if there is one."""
    from autograder.grading.submission import Options
    from autograder.sandbox.limits import Limits

    limits = Limits.of(course.config if course else {})
    return Options(arguments.sandbox, getattr(arguments, "run_all", False), limits)
