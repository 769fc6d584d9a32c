"""Answers to a task as namespaces: the reference, other correct solutions, and changed functions."""

import importlib.util
from functools import cache
from pathlib import Path

__all__ = ["VARIANTS", "defines", "lookup", "names_of", "variants_of", "with_function", "with_source"]

VARIANTS = Path(__file__).parent.parent / "variants"


def names_of(task, function=None):
    """Return the names of the reference module; `function` replaces that of the task."""
    names = dict(vars(task.module))
    return with_function(names, task.name, function) if function else names


def with_function(names, name, function):
    """Return the same names with another function or method."""
    owner, _, attribute = name.rpartition(".")
    if owner:
        return {**names, owner: type(owner, (names[owner],), {attribute: function})}
    return {**names, attribute: function}


def with_source(names, name, text):
    """Return the same names with another source text for a function or method."""
    scope = dict(names)
    exec(compile(text, "<changed>", "exec"), scope)
    return with_function(names, name, scope[name.rpartition(".")[2]])


def variants_of(task):
    """Return {file name: its names} of the correct solutions in tests/variants that define the task."""
    modules = {path.stem: _loaded(path) for path in sorted(VARIANTS.glob("*.py"))}
    return {stem: names for stem, names in modules.items() if defines(names, task.name)}


def defines(names, name):
    """Return whether a function or method of this name is among the names."""
    return lookup(names, name) is not None


def lookup(names, name):
    """Return the function or method of this name, or None."""
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
