"""What the code of a plain file finds beside itself: `lent_parts`, and a folder that holds just that: `write_course`.

Earlier assignments are there in full, as students have them. Of the task's own assignment there is only what its call
and its reference use and the file does not define: whoever writes `lstm_forward` alone is lent `lstm_step_forward`,
and who writes `svm_loss_vectorized` is lent nothing. So nobody earns points for what the course has written.
"""

import ast
import importlib
import inspect
from collections import defaultdict
from functools import cache
from pathlib import Path

from autograder.course.edition import earlier_modules, excluded_modules, write_modules
from autograder.plainfile import foreign_imports as foreign
from autograder.tasks.catalog import task_named

__all__ = ["argument_text", "cache_contents", "lent_parts", "parts_of_assignment", "public_names", "write_course"]


# What else a task is made of in other courses, where the reference here does without.
HABITS = {
    "rnn_forward": ("rnn_step_forward",),
    "rnn_backward": ("rnn_step_backward",),
    "CaptioningRNN.sample": ("affine_forward", "word_embedding_forward", "temporal_affine_forward"),
}


def lent_parts(task, file):
    """Return the parts of the course, (module, name), that a task may use and that the `PythonFile`, or the call of the
    task, names without defining them; with what these need in turn. Those of earlier assignments count, too.
    """
    written = file.implemented | {task.name}
    allowed = _closed([*_called(task), *_used(task.module.__name__, task.name), *_by_habit(task)], written)
    named = {same for name in file.used_names for same in foreign.possible_functions(name)}
    chosen = [part for part in allowed if part[1].rpartition(".")[2] in named]
    return frozenset(_closed([*_called(task), *chosen], written))


def parts_of_assignment(parts, assignment):
    """Return those parts that the students of an assignment do not have from earlier ones."""
    dropped = excluded_modules(assignment)
    return frozenset(part for part in parts if part[0].split(".")[1] in dropped)


def public_names(assignment, parts):
    """Return {name: module} of what earlier assignments teach, and of the parts that are lent."""
    modules = [f"chainrule.{module}" for module in earlier_modules(assignment)]
    earlier = {name: module for module in modules for name in importlib.import_module(module).__all__}
    return earlier | {name: module for module, name in sorted(parts) if not name.startswith("_") and "." not in name}


def cache_contents(module, name):
    """What the cache of a forward function of the course holds, as it is written there; "" if that takes more words."""
    node = _definition(module, name)
    returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return)] if node else []
    last = returned[-1].elts[-1] if returned and isinstance(returned[-1], ast.Tuple) else None
    given = {argument.arg for argument in node.args.args} if last else set()
    return ast.unparse(last) if isinstance(last, ast.Tuple) or (last and ast.unparse(last) in given) else ""


def argument_text(module, name):
    """The arguments of a function of the course, as they are written there, or None."""
    node = _definition(module, name)
    return ast.unparse(node.args) if isinstance(node, ast.FunctionDef) else None


def write_course(folder, assignment, parts):
    """Write folder/chainrule, the student edition of an assignment with the parts that are lent."""
    write_modules(folder, assignment)
    names = defaultdict(set)
    for module, name in parts:
        names[module].add(name)
    for module in names:
        path = Path(folder, *module.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(_text(module, names[module], parts, assignment), encoding="utf-8")
        if path.parent.name != "chainrule":
            (path.parent / "__init__.py").touch()


def _closed(parts, written):
    """The parts that a file does not define, with what they need in turn."""
    closure, waiting = set(), list(parts)
    while waiting:
        part = waiting.pop()
        if part not in closure and part[1] not in written:
            closure.add(part)
            waiting += _used(*part)
    return closure


def _by_habit(task):
    return [(task_named(name).module.__name__, name) for name in HABITS.get(task.name, ())]


def _called(task):
    """The parts that the calls of a task name themselves."""
    home, owner = task.module.__name__, task.name.rpartition(".")[0]
    for call in {task.call, *(check.call for check in task.checks)}:
        yield from _named(ast.parse(call), home, owner)


@cache
def _used(module, name):
    """The parts that a part names itself."""
    node = _definition(module, name)
    return () if node is None else tuple(_named(node, module, name.rpartition(".")[0]))


def _named(tree, module, owner):
    """Give the parts of the package that a piece of code names. owner: the class whose methods it may call."""
    names = vars(importlib.import_module(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and owner:
            if _definition(module, f"{owner}.{node.attr}"):
                yield module, f"{owner}.{node.attr}"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            if node.id == owner:
                yield from [(module, f"{owner}.__init__")] if _definition(module, f"{owner}.__init__") else []
            elif part := _origin(module, node.id):
                yield part


def _origin(module, name):
    """The part of the package that a name of one of its modules stands for, or None."""
    value = getattr(importlib.import_module(module), name)
    home = getattr(value, "__module__", module)
    if not isinstance(home, str) or not home.startswith("chainrule") or home.startswith("chainrule.judging"):
        return None
    name = getattr(value, "__name__", name)
    return (home, name) if _definition(home, name) else None


@cache
def _tree(module):
    return ast.parse(inspect.getsource(importlib.import_module(module)))


@cache
def _definition(module, name):
    """The syntax tree of a function, class, method or constant of a module, or None."""
    first, _, method = name.partition(".")
    node = next((node for node in _tree(module).body if first in _defined(node)), None)
    return next((part for part in node.body if method in _defined(part)), None) if node and method else node


def _defined(node):
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []


def _text(module, names, parts, assignment):
    """The text of a module of which only some names are there."""
    statements = [_cut(node, names) for node in _tree(module).body]
    statements = [node for node in statements if node is not None]
    used = {node.id for part in statements for node in ast.walk(part) if isinstance(node, ast.Name)}
    imports = [line for node in _tree(module).body for line in _imports(node, module, used, parts, assignment)]
    public = sorted(name for name in names if not name.startswith("_") and "." not in name)
    return "\n\n".join([*imports, f"__all__ = {public}", *map(ast.unparse, statements)]) + "\n"


def _cut(node, names):
    """What of a definition is lent: all, a class with some methods, or None."""
    defined = _defined(node)
    if any(name in names for name in defined):
        return None if "__all__" in defined else node
    if isinstance(node, ast.ClassDef):
        body = [part for part in node.body if any(f"{node.name}.{name}" in names for name in _defined(part))]
        return ast.ClassDef(node.name, [], [], body, [], type_params=[]) if body else None
    return None


def _imports(node, module, used, parts, assignment):
    """The lines of an import of a module that what is kept of it needs and that can be had."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return
    for alias in node.names:
        name = alias.asname or alias.name
        if name not in used:
            continue
        origin = _origin(module, name) if isinstance(node, ast.ImportFrom) else None
        if origin is None:
            yield ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
        elif origin in parts or not parts_of_assignment({origin}, assignment):
            yield f"from {origin[0]} import {origin[1]} as {name}"
