"""Answers to a task as the names that code can use: the reference, other right solutions, and changed functions."""

import importlib.util
from functools import cache
from pathlib import Path

__all__ = ["VARIANTS", "changed", "defines", "names_of", "variants_of"]

VARIANTS = Path(__file__).parent.parent / "variants"


def names_of(task, function=None):
    """The names of the reference module; with a function, the task's own is replaced by it."""
    names = dict(vars(task.module))
    owner, _, own = task.name.rpartition(".")
    if owner:
        names[owner] = type(owner, (names[owner],), {own: function}) if function else names[owner]
    elif function:
        names[own] = function
    return names


def changed(task, text):
    """The names of the reference module with another text for the task's function."""
    scope = dict(vars(task.module))
    exec(compile(text, "<changed>", "exec"), scope)
    return names_of(task, scope[task.name.split(".")[-1]])


def variants_of(task):
    """Return {file name: its names} of the right solutions in tests/variants that define the task."""
    found = {path.stem: _loaded(path) for path in sorted(VARIANTS.glob("*.py"))}
    return {stem: names for stem, names in found.items() if defines(names, task.name)}


def defines(names, name):
    """True where a function or method of this name is among the names."""
    first, _, method = name.partition(".")
    found = names.get(first)
    if method:  # a class's own: every one has an __init__ of object's
        found = next((vars(c)[method] for c in getattr(found, "__mro__", ())[:-1] if method in vars(c)), None)
    return callable(found)


@cache
def _loaded(path):
    spec = importlib.util.spec_from_file_location(f"variants_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)
