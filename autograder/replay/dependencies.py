"""Find the part of a student's code that one call needs, without running it: `needed_code`.

The call needs the definitions that it names, and those that they name in turn. Of a class that is extended from cell to
cell, cells with methods that are never called are left out.
"""

import ast
import builtins
import importlib.util
import symtable
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from autograder.python_parser import parse_python
from chainrule.errors import PARSER_ERRORS

__all__ = ["needed_code"]

METHOD = ast.FunctionDef | ast.AsyncFunctionDef
IMPORT = ast.Import | ast.ImportFrom
DEFINITION = METHOD | ast.ClassDef | IMPORT


@dataclass(frozen=True)
class Part:
    """A piece of code, such as a statement or a method: the names and attributes that it uses."""

    names: frozenset
    attributes: frozenset


@dataclass(frozen=True)
class Statement:
    """A statement of a cell. sets: names it assigns; changes: names whose value it changes in place.

    methods: [(name, Part)] if it is a class; rest: the Part without its methods.
    """

    text: str
    node: ast.stmt
    sets: frozenset
    changes: frozenset
    rest: Part
    methods: list = field(default_factory=list)

    @property
    def defines(self):
        """True for an import, a function or a class."""
        return isinstance(self.node, DEFINITION)

    @property
    def reopens(self):
        """True for a class that extends itself: `class Net(Net):`."""
        return isinstance(self.node, ast.ClassDef) and self.node.name in self.rest.names

    def live(self, attributes):
        """The Parts that are needed if these attributes are used: all but methods that are never called."""
        called = [part for name, part in self.methods if name in attributes or name.startswith("__")]
        if self.reopens and not called and all(isinstance(node, METHOD) for node in self.node.body):
            return []
        return [self.rest, *called]


def needed_code(cells, task, call, inputs=(), alternative=""):
    """Return (imports, other statements, undefined names) that a call needs: lists of texts, in their order.

    cells: the code in the order in which it ran. task: the name of the called function, such as "Net.loss". inputs: the
    variables that the call gets. alternative: another text of the function; the code that it uses is included, too, so
    that it can replace the function.
    """
    statements = [statement for source in cells for statement in _statements(source)]
    root, *method = task.split(".")
    tree = ast.parse(call)
    call_part, alternative_part = _part(tree), _part(ast.parse(alternative))
    call_names = {s.get_name() for s in _table(tree).get_symbols() if s.is_assigned() or s.is_imported()}
    defined = {name for s in statements for name in s.sets}
    names = {root} | call_part.names - call_names - {*inputs} | alternative_part.names & defined
    attributes = {*method} | call_part.attributes | _package_attributes(tree) | alternative_part.attributes
    needed, undefined = {}, set()
    while True:
        before = len(names), len(attributes), len(needed)
        for number, statement in enumerate(statements):
            if not names & (statement.sets | statement.changes):
                continue
            for part in statement.live(attributes):
                names, attributes = names | part.names, attributes | part.attributes
                needed[number] = statement
            if number in needed:
                attributes |= _package_attributes(statement.node)
        if before == (len(names), len(attributes), len(needed)):
            break
        undefined = names - defined - {*dir(builtins)}
        needed |= {number: s for number, s in enumerate(statements) if undefined and "*" in s.sets}
    ordered = _without_replaced([needed[number] for number in sorted(needed)])
    replaced = {name for s in ordered if not isinstance(s.node, IMPORT) for name in s.sets}
    imports = [s for s in ordered if isinstance(s.node, IMPORT) and not s.sets & replaced]
    return (
        list(dict.fromkeys(s.text for s in imports)),
        [s.text for s in ordered if s not in imports],
        sorted(undefined),
    )


def _without_replaced(statements):
    """Leave out definitions that a later one replaces before they are used."""
    remaining = []
    for number, statement in enumerate(statements):
        later = statements[number + 1 :]
        end = next((n + 1 for n, s in enumerate(later) if s.defines and s.sets == statement.sets), None)
        if not statement.defines or end is None or any(_used_when_run(s) & statement.sets for s in later[:end]):
            remaining.append(statement)
    return remaining


def _used_when_run(statement):
    """The names that are used when the statement runs, without those used when its function is called."""
    if isinstance(statement.node, METHOD):
        node = statement.node
        outer = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        return {n.id for part in outer for n in ast.walk(part) if isinstance(n, ast.Name)}
    return statement.rest.names | statement.changes


def _statements(source):
    """The statements of a cell without Jupyter's commands; [] if it is not Python or nested too deeply."""
    try:
        return _all_statements(source)
    except RecursionError:
        return []


def _all_statements(source):
    tree = _parse(source)
    if tree is None:
        source = "\n".join("pass" if line.lstrip()[:1] in ("%", "!") else line for line in source.split("\n"))
        tree = _parse(source)
    lines = source.split("\n")
    statements, last = [], 0
    for node in tree.body if tree else []:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        if isinstance(node, IMPORT):
            statements += [_statement(ast.unparse(single), single) for single in _split_import(node)]
        elif first <= last or ";" in lines[node.end_lineno - 1]:  # another statement is on the same line
            statements.append(_statement(ast.unparse(node), node))
        else:
            statements.append(_statement("\n".join(lines[first - 1 : node.end_lineno]), node))
        last = node.end_lineno
    return statements


def _parse(source):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as SyntaxWarning for an escape in a string
            return parse_python(source)
    except PARSER_ERRORS:
        return None


def _split_import(node):
    """Yield an import of several names as imports of one name each."""
    for alias in node.names:
        is_from = isinstance(node, ast.ImportFrom)
        statement = ast.ImportFrom(node.module, [alias], node.level) if is_from else ast.Import([alias])
        yield ast.copy_location(statement, node)


def _statement(text, node):
    table = _table(node)
    sets = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    sets |= {
        s.get_name()
        for t in _inner_scopes(table)
        for s in t.get_symbols()
        if s.is_declared_global() and s.is_assigned()
    }
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        sets.add("*")
    if not isinstance(node, ast.ClassDef):
        return Statement(text, node, frozenset(sets), frozenset(_changed_names(node)), _part(node))
    methods = [(item.name, _part(item)) for item in node.body if isinstance(item, METHOD)]
    return Statement(text, node, frozenset(sets), frozenset(), _part(_without_methods(node)), methods)


def _without_methods(node):
    """A class without its methods."""
    body = [ast.Pass(), *(item for item in node.body if not isinstance(item, METHOD))]
    return ast.ClassDef(node.name, node.bases, node.keywords, body, node.decorator_list, type_params=[])


def _part(node):
    table = _table(node)
    names = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    names |= {s.get_name() for t in _inner_scopes(table) for s in t.get_symbols() if s.is_global()}
    return Part(frozenset(names), _attributes(node))


def _table(node):
    """Python's symbol table of a piece of code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return symtable.symtable(ast.unparse(node), "<cell>", "exec")


def _inner_scopes(table):
    """All scopes inside a scope."""
    return [scope for child in table.get_children() for scope in (child, *_inner_scopes(child))]


def _attributes(node):
    """The names of attributes in code, also those in strings, as for getattr."""
    attributes = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return frozenset(attributes | {text for text in texts if text.isidentifier()})


def _changed_names(node):
    """The names whose value a statement changes in place: `x[0] = 1`, `x.y = 1`."""
    if isinstance(node, METHOD):
        return set()
    stored = [
        n for n in ast.walk(node) if isinstance(n, ast.Attribute | ast.Subscript) and isinstance(n.ctx, ast.Store)
    ]
    return {base.id for target in stored if isinstance(base := _base(target), ast.Name)}


def _base(node):
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _package_attributes(node):
    """Attributes used in modules of the package that the code imports: these may call a student's methods."""
    modules = {n.module for n in ast.walk(node) if isinstance(n, ast.ImportFrom) and n.module}
    return {name for module in modules if module.startswith("chainrule.") for name in _attributes_of(module)}


@cache
def _attributes_of(module):
    try:
        path = Path(importlib.util.find_spec(module).origin)
        return _attributes(ast.parse(path.read_text(encoding="utf-8")))
    except (ImportError, AttributeError, OSError, *PARSER_ERRORS):  # such as chainrule.mine.NAME
        return frozenset()
