"""Submissions that lie where nobody looks for them: `find_misplaced` names each, with what to do."""

import os
import re

from autograder.submission.files import is_archive, is_junk

__all__ = ["find_misplaced"]


def find_misplaced(course, assignment):
    """Return {student: message} about what lies in submitted/ and is not, or not only, work on other assignments.

    A student has submitted/STUDENT/ASSIGNMENT; who has it, or may have it, is not named.
    """
    root = course.root / course.directory.submitted_directory
    if not root.is_dir():
        return {}
    others = [_pattern(name) for name in course.assignments() if name != assignment]
    messages, students = {}, course.students(assignment)
    for name in sorted(filter(_matters, set(os.listdir(root)) - set(students))):
        says = _says(root, name, assignment, others)
        if says:
            messages[name] = f"not graded: {says} and run this again"
    return messages


def _says(root, name, assignment, others):
    shown, right = ascii(f"{root.name}/{name}"), ascii(f"{root.name}/{name}/{assignment}")
    if not (root / name).is_dir():
        kind = is_archive(name) or ".ipynb" in name.lower()
        return f"found {shown}, expected folders {root.name}/STUDENT/{assignment}; put it there" if kind else ""
    try:
        there = sorted(filter(_matters, os.listdir(root / name)))
    except OSError as error:
        return f"{shown} cannot be read: {error.strerror}; let it be read"
    like = [entry for entry in there if _pattern(assignment).search(entry.casefold())]
    loose = [entry for entry in there if ".ipynb" in entry.lower()]
    packed = [entry for entry in there if is_archive(entry) and not _is_like(entry, others)]
    if entry := next(iter([*like, *packed]), None):
        deed = "unpack it there" if is_archive(entry) else "give it that name"
        return f"found {ascii(f'{root.name}/{name}/{entry}'[:200])}, expected {right}; {deed}"
    if loose and not all(_is_like(entry, others) for entry in loose):
        return f"found {ascii(loose[0][:100])} in {shown}, expected it in {right}; move it there"
    if not any(_is_like(entry, others) for entry in there):
        return f"found nothing that can be graded in {shown}, expected {right}; collect it"
    return ""


def _matters(name):
    return not is_junk(name) and not name.startswith(".")


def _is_like(entry, patterns):
    return any(pattern.search(entry.casefold()) for pattern in patterns)


def _pattern(assignment):
    """What finds the name of an assignment in "Assignment 1", "assignment_01 (2)" and "yan-assignment1.zip"."""
    parts = re.findall(r"\d+|[^\W\d_]+", assignment.casefold())
    parts = [f"0*{part.lstrip('0')}" if part.isdigit() else re.escape(part) for part in parts]
    return re.compile(r"(?<![^\W\d_])" + r"[\W_]*".join(parts) + r"(?![^\W_])" if parts else re.escape(assignment))
