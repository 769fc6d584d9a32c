"""Read what a plain file defines without running it: `PythonFile`.

A name that is only imported is nobody's answer. A function whose place for code is still empty is told apart from one
that is wrong: `PythonFile.is_blank` knows the forms in which courses hand them out.
"""

import ast
import re
import warnings
from functools import cached_property

from autograder.errors import UsageError
from autograder.submission.python_version import version_message
from chainrule.errors import PARSER_ERRORS

__all__ = ["PythonFile"]

# Where an exercise begins and ends, in the handouts of CS231n: the marks of the newer years, then those of the older.
STARTS = re.compile(r"^\s*#.*START OF YOUR CODE"), re.compile(r"^\s*#\s*TODO")
END = re.compile(r"^\s*#.*END OF YOUR CODE")
PLACEHOLDER = re.compile(r"\s*(pass|raise NotImplementedError\b.*)\s*(#.*)?$")
EMPTY = re.compile(rf"{PLACEHOLDER.pattern}|\s*(#.*|return\b.*|[\w\s,]+=\s*None(\s*,\s*None)*\s*(#.*)?)?$")
COMMAND = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)  # Jupyter's, in a notebook that was saved as a script
COMPUTES = ast.Call | ast.BinOp | ast.UnaryOp | ast.Compare | ast.Subscript | ast.Attribute


class PythonFile:
    """The functions, classes and methods of a file. names: "function" and "Class.method", inherited ones included.

    exercises: the names that are handed out empty; others may well be empty for good, such as a method of a base class.
    """

    def __init__(self, path, text, exercises):
        self.text, self.exercises = text, exercises
        source = COMMAND.sub(lambda match: "pass".ljust(len(match[0])), text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Python thinks of a student's strings is no matter here
                self.tree = ast.parse(source)
        except SyntaxError as error:
            words = version_message(source, error)
            problem = f"{error.msg} in line {error.lineno}{words and f'; {words}'}"
            raise UsageError(f"{path}: expected Python, got {problem}") from None
        except PARSER_ERRORS:
            raise UsageError(f"{path}: expected Python, got what cannot be parsed") from None
        self.nodes = dict(_bound(self.tree.body))
        for name, node in list(self.nodes.items()):
            if isinstance(node, ast.ClassDef):
                self.nodes |= {f"{name}.{n}": m for n, m in self._methods(node, {name}).items()} | self._attached(name)

    @property
    def names(self):
        return frozenset(self.nodes)

    @cached_property
    def implemented(self):
        """The names whose place for code is not empty."""
        return frozenset(name for name in self.nodes if not self.is_blank(name))

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
        """True for an exercise as it was handed out: nothing but `pass`, comments and placeholders."""
        node = self.nodes.get(name) if name in self.exercises else None
        if not isinstance(node, ast.FunctionDef):
            return False
        unfilled = self._unfilled(node)
        return _computes_nothing(node) if unfilled is None else unfilled

    def arguments(self, name):
        """The arguments of a function as they are written, or None."""
        node = self.nodes.get(name)
        return ast.unparse(node.args) if isinstance(node, ast.FunctionDef) else None

    def _source(self, node):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        return "\n".join(self.text.split("\n")[first - 1 : node.end_lineno])

    def _methods(self, node, seen):
        """{name: node} of a class and of its bases in this file, the nearest first."""
        methods = dict(_bound(node.body))
        for base in node.bases:
            above = self.nodes.get(base.id) if isinstance(base, ast.Name) else None
            if isinstance(above, ast.ClassDef) and base.id not in seen:
                methods = self._methods(above, seen | {base.id}) | methods
        return methods

    def _attached(self, name):
        """{"Class.method": None} for what is put on a class from outside: `Class.method = function`."""
        targets = (t for node in self.tree.body if isinstance(node, ast.Assign) for t in node.targets)
        named = (t for t in targets if isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name))
        return {f"{name}.{t.attr}": None for t in named if t.value.id == name}

    def _unfilled(self, node):
        """True where every marked place in a function is empty; None where no place is marked."""
        lines = self._source(node).split("\n")
        start = STARTS[0] if any(STARTS[0].search(line) for line in lines) else STARTS[1]
        held, inside = [], False
        for line in lines:
            if start.search(line):
                inside = True
            elif END.search(line):
                inside = False
            elif inside:
                held.append(line)
        empty = any(PLACEHOLDER.match(line) for line in held) and all(EMPTY.match(line) for line in held)
        return empty if empty or any(END.search(line) for line in lines) else None


def _bound(body):
    """Give (name, node) for what statements define, also inside `if`, `try` and `with`: a value that is no function
    has the node None. Imports define nothing here."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, None) for target in targets if isinstance(target, ast.Name))
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield from _bound(getattr(node, part, []))
        for handler in getattr(node, "handlers", []):
            yield from _bound(handler.body)


def _computes_nothing(node):
    """True for a body of nothing but `pass`, None, other constants, and returns of these."""
    body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    raised = [part for part in body if isinstance(part, ast.Raise) and "NotImplementedError" in ast.unparse(part)]
    nodes = [found for part in body if part not in raised for found in ast.walk(part)]
    set_to = [found.id for found in nodes if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store)]
    if any(isinstance(found, COMPUTES) for found in nodes) or len(set(set_to)) < len(set_to):
        return False
    empty = any(isinstance(n, ast.Pass) or (isinstance(n, ast.Constant) and n.value is None) for n in nodes)
    return not body or bool(raised) or empty or any(isinstance(n, ast.Return) and n.value is None for n in nodes)
