"""Mutants that are no mistakes: they answer as the reference does wherever the task defines the answer.

equivalent/NOTEBOOK.toml holds, for each task, lists of diffs and the reason why no check can distinguish them.
"""

import tomllib
from functools import cache
from pathlib import Path

__all__ = ["reasons_of"]

FOLDER = Path(__file__).parent / "equivalent"


def reasons_of(task):
    """Return {diff: reason} of a task."""
    entries = _recorded(task.notebook).get(task.name, [])
    return {_plain(diff): entry["reason"] for entry in entries for diff in entry["diffs"]}


@cache
def _recorded(notebook):
    path = FOLDER / f"{notebook}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _plain(diff):
    return "\n".join(line.strip() for line in diff.strip().splitlines())
