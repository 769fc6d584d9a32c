"""Find the part of a student's code that one call needs, without running it: `needed_code`.

What is needed is what the call names, and what that names in turn. Of a class that is opened again in cell after cell,
the cells with methods that nobody calls are left out.
"""

import ast
import builtins
import importlib.util
import symtable
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from chainrule.errors import PARSER_ERRORS

__all__ = ["needed_code"]

METHOD = ast.FunctionDef | ast.AsyncFunctionDef
IMPORT = ast.Import | ast.ImportFrom
DEFINITION = METHOD | ast.ClassDef | IMPORT


@dataclass(frozen=True)
class Part:
    """A statement, or a method of a class: the names and attributes that it uses."""

    names: frozenset
    attributes: frozenset


@dataclass(frozen=True)
class Statement:
    """A statement of a cell. sets: names it gives a value; changes: names whose value it changes in place.

    methods: [(name, Part)] of a class, of which `rest` is all that is no method.
    """

    text: str
    node: ast.stmt
    sets: frozenset
    changes: frozenset
    rest: Part
    methods: list = field(default_factory=list)

    @property
    def defines(self):
        """True for what has a fixed meaning: an import, a function, a class."""
        return isinstance(self.node, DEFINITION)

    @property
    def reopens(self):
        """True for `class Net(Net):`."""
        return isinstance(self.node, ast.ClassDef) and self.node.name in self.rest.names

    def live(self, attributes):
        """The parts that count if these attributes are used: a method counts once somebody asks for it."""
        called = [part for name, part in self.methods if name in attributes or name.startswith("__")]
        if self.reopens and not called and all(isinstance(node, METHOD) for node in self.node.body):
            return []
        return [self.rest, *called]


def needed_code(cells, task, call, given=(), better=""):
    """Return (imports, other statements, names that nothing defines) that a call needs: texts, in their order.

    cells: the code in the order in which it ran. task: the name of what is called, such as "Net.loss". given: the
    variables that stand ready for the call. better: another text of what is called; what it would use of the code is
    kept, too, so that the one can be put in the place of the other.
    """
    statements = [statement for source in cells for statement in _statements(source)]
    root, *method = task.split(".")
    tree = ast.parse(call)
    asked = _part(tree)
    call_names = {s.get_name() for s in _table(tree).get_symbols() if s.is_assigned() or s.is_imported()}
    names, attributes = {root} | asked.names - call_names - {*given}, {*method} | asked.attributes | _foreign(tree)
    defined = {name for s in statements for name in s.sets}
    other = _part(ast.parse(better))
    names, attributes = names | other.names & defined, attributes | other.attributes
    chosen, missing = {}, set()
    while True:
        before = len(names), len(attributes), len(chosen)
        for number, statement in enumerate(statements):
            if not names & (statement.sets | statement.changes):
                continue
            for part in statement.live(attributes):
                names, attributes = names | part.names, attributes | part.attributes
                chosen[number] = statement
            if number in chosen:
                attributes |= _foreign(statement.node)
        if before == (len(names), len(attributes), len(chosen)):
            break
        missing = names - defined - {*dir(builtins)}
        chosen |= {number: s for number, s in enumerate(statements) if missing and "*" in s.sets}
    ordered = _without_replaced([chosen[number] for number in sorted(chosen)])
    replaced = {name for s in ordered if not isinstance(s.node, IMPORT) for name in s.sets}
    first = [s for s in ordered if isinstance(s.node, IMPORT) and not s.sets & replaced]
    return list(dict.fromkeys(s.text for s in first)), [s.text for s in ordered if s not in first], sorted(missing)


def _without_replaced(statements):
    """Leave out definitions that a later one replaces before anything uses them."""
    remaining = []
    for number, statement in enumerate(statements):
        later = statements[number + 1 :]
        again = next((n for n, s in enumerate(later) if s.defines and s.sets == statement.sets), None)
        if not statement.defines or again is None or any(_at_once(s) & statement.sets for s in later[: again + 1]):
            remaining.append(statement)
    return remaining


def _at_once(statement):
    """The names that are used as the statement runs, not only when what it defines is called."""
    if isinstance(statement.node, METHOD):
        node = statement.node
        outer = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        return {n.id for part in outer for n in ast.walk(part) if isinstance(n, ast.Name)}
    return statement.rest.names | statement.changes


def _statements(source):
    """The statements of a cell: none if it is not Python, apart from Jupyter's commands, or nested too deeply."""
    try:
        return _all_statements(source)
    except RecursionError:
        return []


def _all_statements(source):
    tree = _parsed(source)
    if tree is None:
        source = "\n".join("pass" if line.lstrip()[:1] in ("%", "!") else line for line in source.split("\n"))
        tree = _parsed(source)
    lines = source.split("\n")
    statements, last = [], 0
    for node in tree.body if tree else []:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        if isinstance(node, IMPORT):
            statements += [_statement(ast.unparse(one), one) for one in _single(node)]
        elif first <= last or ";" in lines[node.end_lineno - 1]:  # it shares its line
            statements.append(_statement(ast.unparse(node), node))
        else:
            statements.append(_statement("\n".join(lines[first - 1 : node.end_lineno]), node))
        last = node.end_lineno
    return statements


def _parsed(source):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of a student's strings is no matter here
            return ast.parse(source)
    except PARSER_ERRORS:
        return None


def _single(node):
    """An import of several names as imports of one name each."""
    for alias in node.names:
        statement = (
            ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], node.level)
        )
        yield ast.copy_location(statement, node)


def _statement(text, node):
    table = _table(node)
    sets = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    sets |= {s.get_name() for t in _below(table) for s in t.get_symbols() if s.is_declared_global() and s.is_assigned()}
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        sets.add("*")
    if not isinstance(node, ast.ClassDef):
        return Statement(text, node, frozenset(sets), frozenset(_changed(node)), _part(node))
    methods = [(item.name, _part(item)) for item in node.body if isinstance(item, METHOD)]
    return Statement(text, node, frozenset(sets), frozenset(), _part(_frame(node)), methods)


def _frame(node):
    """A class without what its methods do."""
    body = [ast.Pass(), *(item for item in node.body if not isinstance(item, METHOD))]
    return ast.ClassDef(node.name, node.bases, node.keywords, body, node.decorator_list, type_params=[])


def _part(node):
    table = _table(node)
    names = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    names |= {s.get_name() for t in _below(table) for s in t.get_symbols() if s.is_global()}
    return Part(frozenset(names), _attributes(node))


def _table(node):
    """What Python says about the names of a piece of code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return symtable.symtable(ast.unparse(node), "<cell>", "exec")


def _below(table):
    """All scopes inside one."""
    return [scope for child in table.get_children() for scope in (child, *_below(child))]


def _attributes(node):
    """Attributes that are named, also in a text, as getattr wants them."""
    attributes = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return frozenset(attributes | {text for text in texts if text.isidentifier()})


def _changed(node):
    """Names whose value a statement changes in place: `x[0] = 1`, `x.y = 1`."""
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


def _foreign(node):
    """Attributes that modules of the package use, which the code imports: they may call a student's methods."""
    modules = {n.module for n in ast.walk(node) if isinstance(n, ast.ImportFrom) and n.module}
    return {name for module in modules if module.startswith("chainrule.") for name in _attributes_of(module)}


@cache
def _attributes_of(module):
    try:
        path = Path(importlib.util.find_spec(module).origin)
        return _attributes(ast.parse(path.read_text(encoding="utf-8")))
    except (ImportError, AttributeError, OSError, *PARSER_ERRORS):  # such as chainrule.mine.NAME
        return frozenset()
