"""Split a call into what a student's process runs and what is worked out, outside it, from the arrays that come back.

A flag such as `drops = np.any(out == 0)` can be forged where it is computed beside a student's code. `split_call`
moves such statements behind the call: `out` comes back, and `chainrule.judging.derive` computes the flag from it.
"""

import ast
import builtins
from dataclasses import dataclass
from functools import cache

__all__ = ["Split", "split_call"]

# What statements may use behind the call, as it does the same there; `type` would see an array where a list was.
KNOWN = {"np", *vars(builtins)} - {"exec", "eval", "open", "input", "print", "globals", "locals", "vars"}
KNOWN -= {"type", "isinstance", "issubclass", "id"}
IMPORTS = {"import numpy as np", "from numpy.random import default_rng"}
NOT_MOVED = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Is, ast.IsNot)
COMPUTED = (ast.Call, ast.Compare, ast.Attribute, ast.BinOp)  # without one of them nothing is worked out, only named
OF_MEMORY = {"shares_memory", "may_share_memory", "base", "flags"}


@dataclass(frozen=True)
class Split:
    """call: runs beside the student's code. returned: the names that come back. after: statements for the rest.

    known: names that `after` uses and that follow from the inputs.
    """

    call: str
    returned: tuple
    after: str
    known: tuple


@cache
def split_call(call, inputs, outputs, objects=frozenset()):
    """Return the Split of a call, or None if nothing of it can be moved.

    inputs, outputs: tuples of names. objects: names that hold more than plain arrays, so that they cannot come back.
    """
    parts = [_Part(statement) for statement in ast.parse(call).body]
    pure = _mark_pure(parts, inputs)
    moved = _moved(parts, pure, inputs, outputs, objects)
    if not moved:
        return None
    made = {name for part in moved for name in part.stores}
    kept = [name for name in outputs if name not in made]
    returned = dict.fromkeys([*kept, *(name for names in _carried(moved, pure) for name in sorted(names))])
    after = _with_pure(parts, moved)
    known = {name for part in after for name in part.loads & pure - KNOWN}
    return Split(_text(p for p in parts if p not in moved), tuple(returned), _text(after), tuple(sorted(known)))


class _Part:
    """A statement with the names it loads and those it sets or changes. pure: it follows from the inputs alone."""

    def __init__(self, statement):
        nodes = list(ast.walk(statement))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        inner = {n.id for c in nodes if isinstance(c, ast.comprehension) for n in ast.walk(c.target) if _is_name(n)}
        self.statement, self.pure = statement, False
        self.loads = {node.id for node in names if isinstance(node.ctx, ast.Load)} - inner
        self.stores = {node.id for node in names if isinstance(node.ctx, ast.Store)} - inner | _changed(nodes)
        if isinstance(statement, ast.AugAssign):
            self.loads |= self.stores
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.stores = {alias.asname or alias.name for alias in statement.names}
        self.simple = (
            isinstance(statement, ast.Assign | ast.AugAssign)
            and not any(isinstance(node, NOT_MOVED) for node in nodes)
            and not any(isinstance(node, ast.Attribute) and node.attr in OF_MEMORY for node in nodes)
            and not any(isinstance(n, ast.Subscript | ast.Attribute) and isinstance(n.ctx, ast.Store) for n in nodes)
        )
        self.computes = self.simple and any(isinstance(node, COMPUTED) for node in ast.walk(statement.value))


def _is_name(node):
    return isinstance(node, ast.Name)


def _changed(nodes):
    """The names whose values a statement may change: by a method called for that alone, or by setting a part."""
    calls = [node.value.func for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    parts = [n for n in nodes if isinstance(n, ast.Subscript | ast.Attribute) and isinstance(n.ctx, ast.Store)]
    owners = [node.value for node in (*calls, *parts) if isinstance(node, ast.Attribute | ast.Subscript)]
    return {node.id for owner in owners for node in ast.walk(owner) if _is_name(node)} - {"np"}


def _mark_pure(parts, inputs):
    """Mark the parts that follow from the inputs alone; return all names that do."""
    impure = set()
    for part in parts:
        part.pure = part.simple or ast.unparse(part.statement) in IMPORTS
    while True:
        pure = (KNOWN | set(inputs)).union(*(part.stores for part in parts if part.pure)) - impure
        found = [part for part in parts if part.pure and not (part.loads <= pure and part.stores <= pure)]
        changed = set().union(*(part.stores for part in parts if not part.pure))
        if not found and changed == impure:
            return pure
        impure = changed
        for part in found:
            part.pure = False


def _moved(parts, pure, inputs, outputs, objects):
    """Return the parts that can run behind the call, in order: outputs need them, and nothing before the end does."""
    stay = set()
    while True:
        moved, needed = [], set(outputs)
        for index in reversed(range(len(parts))):
            part, later = parts[index], [p for p in parts[index + 1 :] if p not in moved and not p.pure]
            of_others = part.loads - pure
            made = {name for p in parts[:index] if not p.pure for name in p.stores}
            if (
                part.computes
                and not part.pure
                and part not in stay
                and part.stores & needed
                and of_others <= made - set(inputs)
                and not any(p.stores & (of_others | part.stores) or p.loads & part.stores for p in later)
            ):
                moved.insert(0, part)
                needed |= of_others
        blocked = {part for part, names in zip(moved, _carried(moved, pure), strict=True) if names & objects}
        if not blocked:
            return moved
        stay |= blocked


def _carried(moved, pure):
    """For each of the moved parts, the names it needs from what runs before them all."""
    made, carried = set(), []
    for part in moved:
        carried.append(part.loads - pure - made)
        made |= part.stores
    return carried


def _with_pure(parts, moved):
    """The moved parts, with those pure ones that they need, in order."""
    after, needed = [], set()
    for part in reversed(parts):
        if part in moved or part.pure and part.stores & needed:
            after.insert(0, part)
            needed |= part.loads
    return after


def _text(parts):
    return "\n".join(ast.unparse(part.statement) for part in parts)
