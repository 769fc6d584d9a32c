"""Answers to a task as the names that code can use: the reference, other right solutions, and changed functions."""

import importlib.util
from functools import cache
from pathlib import Path

__all__ = ["VARIANTS", "changed", "defines", "found", "names_of", "replaced", "variants_of"]

VARIANTS = Path(__file__).parent.parent / "variants"


def names_of(task, function=None):
    """The names of the reference module; with a function, the task's own is replaced by it."""
    names = dict(vars(task.module))
    return replaced(names, task.name, function) if function else names


def replaced(names, name, function):
    """The same names with another function or method."""
    owner, _, own = name.rpartition(".")
    if owner:
        return {**names, owner: type(owner, (names[owner],), {own: function})}
    return {**names, own: function}


def changed(names, name, text):
    """The same names with another text for a function or method."""
    scope = dict(names)
    exec(compile(text, "<changed>", "exec"), scope)
    return replaced(names, name, scope[name.rpartition(".")[2]])


def variants_of(task):
    """Return {file name: its names} of the right solutions in tests/variants that define the task."""
    found = {path.stem: _loaded(path) for path in sorted(VARIANTS.glob("*.py"))}
    return {stem: names for stem, names in found.items() if defines(names, task.name)}


def defines(names, name):
    """True where a function or method of this name is among the names."""
    return found(names, name) is not None


def found(names, name):
    """The function or method of this name, or None."""
    first, _, method = name.partition(".")
    value = names.get(first)
    if method:  # a class's own: every one has an __init__ of object's
        value = next((vars(c)[method] for c in getattr(value, "__mro__", ())[:-1] if method in vars(c)), None)
    return value if callable(value) else None


@cache
def _loaded(path):
    spec = importlib.util.spec_from_file_location(f"variants_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)
