"""Find submissions in the wrong place: `find_misplaced` names each and says what to do."""

import os
import re

from autograder.submission.files import is_archive, is_junk

__all__ = ["find_misplaced"]


def find_misplaced(course, assignment):
    """Return {name in submitted/: message} for what may be a submission of this assignment in the wrong place.

    A submission belongs in submitted/STUDENT/ASSIGNMENT. Students who have that folder, or whose folder cannot be read,
    are not listed.
    """
    root = course.root / course.directory.submitted_directory
    if not root.is_dir():
        return {}
    other_patterns = [_pattern(name) for name in course.assignments() if name != assignment]
    messages, students = {}, course.students(assignment)
    for name in sorted(filter(_matters, set(os.listdir(root)) - set(students))):
        problem = _problem(root, name, assignment, other_patterns)
        if problem:
            messages[name] = f"not graded: {problem} and run this again"
    return messages


def _problem(root, name, assignment, other_patterns):
    """What is in the wrong place under a name in submitted/, and what to do; "" if nothing is."""
    shown, expected = ascii(f"{root.name}/{name}"), ascii(f"{root.name}/{name}/{assignment}")
    if not (root / name).is_dir():
        is_work = is_archive(name) or ".ipynb" in name.lower()
        return f"found {shown}, expected folders {root.name}/STUDENT/{assignment}; put it there" if is_work else ""
    try:
        entries = sorted(filter(_matters, os.listdir(root / name)))
    except OSError as error:
        return f"{shown} cannot be read: {error.strerror}; let it be read"
    similar = [entry for entry in entries if _pattern(assignment).search(entry.casefold())]
    notebooks = [entry for entry in entries if ".ipynb" in entry.lower()]
    archives = [entry for entry in entries if is_archive(entry) and not _matches(entry, other_patterns)]
    if entry := next(iter([*similar, *archives]), None):
        action = "unpack it there" if is_archive(entry) else "give it that name"
        return f"found {ascii(f'{root.name}/{name}/{entry}'[:200])}, expected {expected}; {action}"
    if notebooks and not all(_matches(entry, other_patterns) for entry in notebooks):
        return f"found {ascii(notebooks[0][:100])} in {shown}, expected it in {expected}; move it there"
    if not any(_matches(entry, other_patterns) for entry in entries):
        return f"found nothing that can be graded in {shown}, expected {expected}; collect it"
    return ""


def _matters(name):
    return not is_junk(name) and not name.startswith(".")


def _matches(entry, patterns):
    return any(pattern.search(entry.casefold()) for pattern in patterns)


def _pattern(assignment):
    """A pattern that finds assignment1 in "Assignment 1", "assignment_01 (2)" and "yan-assignment1.zip"."""
    parts = re.findall(r"\d+|[^\W\d_]+", assignment.casefold())
    parts = [f"0*{part.lstrip('0')}" if part.isdigit() else re.escape(part) for part in parts]
    return re.compile(r"(?<![^\W\d_])" + r"[\W_]*".join(parts) + r"(?![^\W_])" if parts else re.escape(assignment))
