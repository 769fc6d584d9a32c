"""The functions of the course that a plain file may use: `find_substitutes`, and their package: `write_package`.

Earlier assignments are available in full, as students have them. From the task's own assignment the file may use only
substitutes: functions that the task's call or reference uses and the file does not define. A file with `lstm_forward`
alone gets `lstm_step_forward`, one with `svm_loss_vectorized` gets nothing. So nobody earns points with the course's
own code. A part is a pair (module, name); the name may be "Class.method".
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

__all__ = [
    "argument_text",
    "cache_contents",
    "find_substitutes",
    "parts_of_assignment",
    "public_names",
    "write_package",
]

# Functions that a task uses in other courses although the reference here does not.
USED_ELSEWHERE = {
    "TwoLayerNet.loss": ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss"),
    "rnn_forward": ("rnn_step_forward",),
    "rnn_backward": ("rnn_step_backward",),
    "CaptioningRNN.sample": ("affine_forward", "word_embedding_forward", "temporal_affine_forward"),
}


def find_substitutes(task, file):
    """Return the frozenset of parts that a `PythonFile` may use for a task, with their own dependencies.

    These are parts that the task may use and that the file, or the call of the task, names without defining them. Parts
    of earlier assignments are included.
    """
    defined = file.implemented | {task.name}
    elsewhere = [(task_named(name).module.__name__, name) for name in USED_ELSEWHERE.get(task.name, ())]
    permitted = _with_dependencies([*_called(task), *_used(task.module.__name__, task.name), *elsewhere], defined)
    used_names = {candidate for name in file.used_names for candidate in foreign.possible_functions(name)}
    used = [part for part in permitted if part[1].rpartition(".")[2] in used_names]
    return frozenset(_with_dependencies([*_called(task), *used], defined))


def parts_of_assignment(parts, assignment):
    """Return those parts that the student edition of an assignment does not hold."""
    excluded = excluded_modules(assignment)
    return frozenset(part for part in parts if part[0].split(".")[1] in excluded)


def public_names(assignment, parts):
    """Return {name: module} of the public functions of earlier assignments and of these parts."""
    modules = [f"chainrule.{module}" for module in earlier_modules(assignment)]
    earlier = {name: module for module in modules for name in importlib.import_module(module).__all__}
    return earlier | {name: module for module, name in sorted(parts) if not name.startswith("_") and "." not in name}


def cache_contents(module, name):
    """Return the code of the cache of a forward function of the course, such as "(x, w)"; "" if it is not simple."""
    node = _definition(module, name)
    returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return)] if node else []
    cache = returned[-1].elts[-1] if returned and isinstance(returned[-1], ast.Tuple) else None
    arguments = {argument.arg for argument in node.args.args} if cache else set()
    is_simple = isinstance(cache, ast.Tuple) or (cache and ast.unparse(cache) in arguments)
    return ast.unparse(cache) if is_simple else ""


def argument_text(module, name):
    """Return the code of the arguments of a function of the course, or None if it is no function."""
    node = _definition(module, name)
    return ast.unparse(node.args) if isinstance(node, ast.FunctionDef) else None


def write_package(folder, assignment, parts):
    """Write folder/chainrule, the student edition of an assignment with these parts."""
    write_modules(folder, assignment)
    names = defaultdict(set)
    for module, name in parts:
        names[module].add(name)
    for module in names:
        path = Path(folder, *module.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(_module_text(module, names[module], parts, assignment), encoding="utf-8")
        if path.parent.name != "chainrule":
            (path.parent / "__init__.py").touch()


def _with_dependencies(parts, defined):
    """The parts that a file does not define, with all that they use in turn."""
    closure, pending = set(), list(parts)
    while pending:
        part = pending.pop()
        if part not in closure and part[1] not in defined:
            closure.add(part)
            pending += _used(*part)
    return closure


def _called(task):
    """The parts that the calls of a task use directly."""
    home, owner = task.module.__name__, task.name.rpartition(".")[0]
    for call in {task.call, *(check.call for check in task.checks)}:
        yield from _parts_in(ast.parse(call), home, owner)


@cache
def _used(module, name):
    """The parts that a part uses directly."""
    node = _definition(module, name)
    return () if node is None else tuple(_parts_in(node, module, name.rpartition(".")[0]))


def _parts_in(tree, module, owner):
    """Yield the parts of the package that code in a module uses. owner: the class whose methods it may call."""
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
    """The part of the package that a name in one of its modules refers to, or None."""
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


def _module_text(module, names, parts, assignment):
    """The text of a module with only some of its names."""
    statements = [_select(node, names) for node in _tree(module).body]
    statements = [node for node in statements if node is not None]
    used = {node.id for part in statements for node in ast.walk(part) if isinstance(node, ast.Name)}
    imports = [line for node in _tree(module).body for line in _imports(node, module, used, parts, assignment)]
    public = sorted(name for name in names if not name.startswith("_") and "." not in name)
    return "\n\n".join([*imports, f"__all__ = {public}", *map(ast.unparse, statements)]) + "\n"


def _select(node, names):
    """A definition if it is among the names, a class with those of its methods that are, or None."""
    defined = _defined(node)
    if any(name in names for name in defined):
        return None if "__all__" in defined else node
    if isinstance(node, ast.ClassDef):
        body = [part for part in node.body if any(f"{node.name}.{name}" in names for name in _defined(part))]
        return ast.ClassDef(node.name, [], [], body, [], type_params=[]) if body else None
    return None


def _imports(node, module, used, parts, assignment):
    """The lines of an import that define names in `used`, without functions that are not available."""
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
