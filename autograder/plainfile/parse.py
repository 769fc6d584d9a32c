"""Find what a plain file defines without running it: `PythonFile`.

A name that is only imported is not an answer. `PythonFile.is_blank` recognizes functions without code, in the forms in
which courses release them, so that they are not judged as wrong.
"""

import ast
import re
import warnings
from functools import cached_property

from autograder.errors import UsageError
from autograder.python_parser import parse_python
from autograder.submission.fix_source import repair_source
from autograder.submission.python2 import from_python2
from autograder.submission.python_version import GRADER_PYTHON, version_message
from chainrule.errors import PARSER_ERRORS

__all__ = ["PythonFile"]

# The marks of an exercise in CS231n: its start in newer and in older years, and its end.
STARTS = re.compile(r"^\s*#.*START OF YOUR CODE"), re.compile(r"^\s*#\s*TODO")
END = re.compile(r"^\s*#.*END OF YOUR CODE")
PLACEHOLDER = re.compile(r"\s*(pass|raise NotImplementedError\b.*)\s*(#.*)?$")
EMPTY = re.compile(rf"{PLACEHOLDER.pattern}|\s*(#.*|return\b.*|[\w\s,]+=\s*None(\s*,\s*None)*\s*(#.*)?)?$")
COMMAND = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)  # Jupyter's, in a notebook that was saved as a script
DEFINITION = re.compile(r"^([ \t]*)(def|class)[ \t]+(\w+)", re.MULTILINE)
TENSORS = ("torch", "tensorflow", "jax")
MAX_REPAIRED, MAX_DOTS = 200_000, 10  # characters of a file, dots in the name of a module
CONVERTED = "the file is in Python 2 and was converted to {}; there, / of whole numbers is not rounded"
COMPUTES = ast.Call | ast.BinOp | ast.UnaryOp | ast.Compare | ast.Subscript | ast.Attribute


class PythonFile:
    """The functions, classes and methods of a file. names: "function" and "Class.method", inherited ones included.

    exercises: the names that are released without code; others may be empty on purpose, such as a base class's method.
    text: as it can be run; note: what was changed for that, "" for nothing; left_out: exercises that are not in it any
    more. Raises UsageError if the text is not Python and nothing in it is.
    """

    def __init__(self, path, text, exercises):
        self.text, self.exercises, self.note, self.left_out = text, exercises, "", frozenset()
        try:
            self.tree = _tree(text)
        except SyntaxError as error:
            self.text, self.note = _repaired(path, text, error)
            self.tree = _tree(self.text)
            self.left_out = frozenset(set(_names_in(text)).intersection(exercises))
        except PARSER_ERRORS:
            raise _not_python(path) from None
        self.nodes = dict(_definitions(self.tree.body))
        for name, node in list(self.nodes.items()):
            if isinstance(node, ast.ClassDef):
                self.nodes |= {f"{name}.{n}": m for n, m in self._methods(node, {name}).items()} | self._attached(name)
        self.left_out -= self.nodes.keys()

    @property
    def names(self):
        return frozenset(self.nodes)

    @cached_property
    def implemented(self):
        """The names that are not blank."""
        return frozenset(name for name in self.nodes if not self.is_blank(name))

    @cached_property
    def needed_modules(self):
        """The modules that are imported, with the packages they are in, but for imports that may fail in a `try`."""
        tried = {id(part) for node in ast.walk(self.tree) if isinstance(node, ast.Try) for part in ast.walk(node)}
        modules = set()
        for node in ast.walk(self.tree):
            if id(node) not in tried and isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif id(node) not in tried and isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module)
        short = [module for module in modules if module.count(".") < MAX_DOTS]
        return frozenset(".".join(m.split(".")[: n + 1]) for m in short for n in range(m.count(".") + 1))

    @cached_property
    def used_names(self):
        """Every name that occurs in the file, also as an attribute, in an import, or as a text for getattr."""
        names = set()
        for node in ast.walk(self.tree):
            names |= {node.id} if isinstance(node, ast.Name) else set()
            names |= {node.attr} if isinstance(node, ast.Attribute) else set()
            names |= {node.name} if isinstance(node, ast.alias) else set()
            names |= {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()
        return frozenset(names)

    def is_blank(self, name):
        """True for an exercise as it was released: nothing but `pass`, comments and placeholders."""
        node = self.nodes.get(name) if name in self.exercises else None
        if not isinstance(node, ast.FunctionDef):
            return False
        empty = self._is_exercise_empty(node)
        return _has_no_code(node) if empty is None else empty

    def is_variable(self, name):
        """True if the file sets the name, but not as a function, a class or a method."""
        return "." not in name and name in self.nodes and self.nodes[name] is None

    def library_of_tensors(self, name):
        """The library whose tensors a function may be written for: it is imported, and NumPy does not occur in it."""
        node = self.nodes.get(name)
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} if node else {"np"}
        imported = [library for library in TENSORS if library in self.used_names | self.needed_modules]
        return imported[0] if imported and not used & {"np", "numpy"} else ""

    def arguments(self, name):
        """The code of a function's arguments, or None if the file has no such function."""
        node = self.nodes.get(name)
        return ast.unparse(node.args) if isinstance(node, ast.FunctionDef) else None

    def _source(self, node):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        return "\n".join(self.text.split("\n")[first - 1 : node.end_lineno])

    def _methods(self, node, visited):
        """{name: node} of a class and of its bases in this file, the nearest first."""
        methods = dict(_definitions(node.body))
        for base in node.bases:
            base_node = self.nodes.get(base.id) if isinstance(base, ast.Name) else None
            if isinstance(base_node, ast.ClassDef) and base.id not in visited:
                methods = self._methods(base_node, visited | {base.id}) | methods
        return methods

    def _attached(self, name):
        """{"Class.method": None} for assignments to a class: `Class.method = function`."""
        targets = (t for node in self.tree.body if isinstance(node, ast.Assign) for t in node.targets)
        attributes = (t for t in targets if isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name))
        return {f"{name}.{t.attr}": None for t in attributes if t.value.id == name}

    def _is_exercise_empty(self, node):
        """True if all marked exercises in a function are empty, False if one is not, None if none is marked."""
        lines = self._source(node).split("\n")
        start = STARTS[0] if any(STARTS[0].search(line) for line in lines) else STARTS[1]
        exercise, inside = [], False
        for line in lines:
            if start.search(line):
                inside = True
            elif END.search(line):
                inside = False
            elif inside:
                exercise.append(line)
        released = any(PLACEHOLDER.match(line) for line in exercise) or _returns_what_was_given(node)
        empty = bool(exercise) and all(EMPTY.match(line) for line in exercise) and released
        return empty if empty or any(END.search(line) for line in lines) else None


def _tree(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as SyntaxWarning for an escape in a string
        return parse_python(_without_commands(text))


def _without_commands(text):
    return COMMAND.sub(lambda match: "pass".ljust(len(match[0])), text)


def _repaired(path, text, error):
    """Return (text that parses, what was changed) of one that raised a SyntaxError; UsageError if nothing is left."""
    version = version_message(_without_commands(text), error)
    problem = f"{error.msg} in line {error.lineno}{version and f'; {version}'}"
    try:
        if len(text) <= MAX_REPAIRED and (converted := from_python2(_without_commands(text))):
            return converted, CONVERTED.format(GRADER_PYTHON)
        repaired, note = repair_source(text, MAX_REPAIRED)
    except PARSER_ERRORS:
        raise _not_python(path) from None
    if not note:
        raise _not_python(path, problem)
    return repaired, note


def _not_python(path, problem="what cannot be parsed"):
    return UsageError(f"{path}: expected Python, got {problem}")


def _names_in(text):
    """Yield the names of functions, classes and methods in a text that does not parse."""
    owner = ""
    for indent, kind, name in DEFINITION.findall(text):
        if not indent:
            owner = name if kind == "class" else ""
        yield f"{owner}.{name}" if owner and indent else name


def _definitions(body):
    """Yield (name, node) for what statements define, also inside `if`, `try` and `with`.

    The node of a variable is None. Imports do not count.
    """
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, None) for target in targets if isinstance(target, ast.Name))
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield from _definitions(getattr(node, part, []))
        for handler in getattr(node, "handlers", []):
            yield from _definitions(handler.body)


def _returns_what_was_given(node):
    """True if a function returns only its arguments and what a release sets for a start: None, numbers, zeros."""
    parts = list(ast.walk(node))
    returned = [part.value for part in parts if isinstance(part, ast.Return)]
    names = {n.id for value in returned if value for n in ast.walk(value) if isinstance(n, ast.Name)}
    changed = [n for part in parts for n in _targets(part) if n in names]
    starts = [pair for part in parts if isinstance(part, ast.Assign) for pair in _pairs(part)]
    given = [name for name, value in starts if name in names and _is_start(value)]
    acts = any(isinstance(part, ast.Expr) and isinstance(part.value, ast.Call) for part in parts)
    plain = all(value is None or _is_start(value) for value in returned)
    return bool(names) and plain and not acts and sorted(changed) == sorted(given) == sorted(set(given))


def _targets(part):
    """The names that a statement sets, also by an entry or an attribute, or with `+=`."""
    targets = getattr(part, "targets", None) or [getattr(part, "target", None)]
    found = [n for target in targets if isinstance(target, ast.AST) for n in ast.walk(target)]
    return [n.id for n in found if isinstance(n, ast.Name)]


def _pairs(node):
    """Yield (name, value) of an assignment such as `dx, x = None, cache`."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=False)
        else:
            pairs = [(target, node.value)]
        yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def _is_start(value):
    """True for None, a number, a name, a tuple of these, and zeros."""
    if isinstance(value, ast.Tuple):
        return all(map(_is_start, value.elts))
    zeros = isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in ("zeros", "zeros_like")
    return zeros or isinstance(value, ast.Constant | ast.Name) or (isinstance(value, ast.Dict) and not value.keys)


def _has_no_code(node):
    """True if a function holds nothing but `pass`, None, other constants, and returns of these."""
    body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    raises = [part for part in body if isinstance(part, ast.Raise) and "NotImplementedError" in ast.unparse(part)]
    nodes = [n for part in body if part not in raises for n in ast.walk(part)]
    assigned = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    if any(isinstance(n, COMPUTES) for n in nodes) or len(set(assigned)) < len(assigned):
        return False
    empty = any(isinstance(n, ast.Pass) or (isinstance(n, ast.Constant) and n.value is None) for n in nodes)
    return not body or bool(raises) or empty or any(isinstance(n, ast.Return) and n.value is None for n in nodes)
