"""Generate wrong versions of a function, each with one small change to its syntax tree: `mutants_of`.

Kinds: operator, operand, constant, default, axis, slice, sign, comparison, condition, function, argument, deletion.
"""

import ast
import copy
from dataclasses import dataclass
from difflib import unified_diff

__all__ = ["Mutant", "mutants_of"]

OPERATORS = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult},
    **{ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
COMPARISONS = {
    **{ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE)},
    **{ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)},
    **{ast.In: (ast.NotIn,), ast.NotIn: (ast.In,)},
}
PAIRS = (
    *(("maximum", "minimum"), ("max", "min"), ("sum", "mean"), ("argmax", "argmin"), ("zeros", "ones")),
    *(("zeros_like", "ones_like"), ("any", "all"), ("floor", "ceil"), ("exp", "expm1"), ("log", "log1p")),
    *(("normal", "uniform"), ("cumsum", "cumprod"), ("sin", "cos"), ("vstack", "hstack"), ("mean", "sum")),
)
FUNCTIONS = {**{b: a for a, b in PAIRS}, **dict(PAIRS)}
# Calls that can be forgotten: what they are called on is there without them.
METHODS = {"copy", "astype", "reshape", "ravel", "flatten", "transpose", "swapaxes"}
WRAPPERS = {
    *("exp", "log", "sqrt", "abs", "tanh", "square", "sign", "round", "flip", "sort"),
    *("array", "asarray", "ascontiguousarray"),
}
COMMUTATIVE = {"max", "min", "maximum", "minimum", "logaddexp", "array_equal", "allclose"}


@dataclass(frozen=True)
class Mutant:
    """A wrong version of a function. kind: what was changed. text: all of its source. diff: the lines that differ."""

    kind: str
    text: str
    diff: str


def mutants_of(source):
    """Return the mutants of a function, each once."""
    tree = ast.parse(source)
    tree.body[0].decorator_list = []
    right = ast.unparse(tree)
    mutants = {}
    for path in _paths(tree):
        for kind, new in _alternatives(path, tree):
            text = ast.unparse(ast.fix_missing_locations(_replaced(tree, path, new)))
            if text != right:
                mutants.setdefault(text, Mutant(kind, text, _diff(right, text)))
    return list(mutants.values())


def _diff(right, text):
    lines = list(unified_diff(right.splitlines(), text.splitlines(), n=0, lineterm=""))[2:]
    return "\n".join(line[0] + " " + line[1:].strip() for line in lines if not line.startswith("@@"))


def _paths(tree):
    """Return the path to every node that may be changed, as tuples of (field, index or None)."""

    def walk(node, path):
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.JoinedStr):
                continue
            children = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, child in children:
                if isinstance(child, ast.AST) and not _is_silent(child):
                    yield (*path, (field, index))
                    yield from walk(child, (*path, (field, index)))

    yield from walk(tree, ())


def _is_silent(node):
    """Return whether a node is a docstring, the message of an error or progress output, which no task checks."""
    if isinstance(node, ast.If):
        return any(isinstance(part, ast.Name) and part.id == "verbose" for part in ast.walk(node.test))
    return isinstance(node, ast.Raise) or isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _at(tree, path):
    for field, index in path:
        tree = getattr(tree, field) if index is None else getattr(tree, field)[index]
    return tree


def _replaced(tree, path, new):
    """Return a copy of the tree with another node, or a list of them, at a path."""
    tree = copy.deepcopy(tree)
    owner, (field, index) = _at(tree, path[:-1]), path[-1]
    if index is None:
        setattr(owner, field, new)
    else:
        getattr(owner, field)[index : index + 1] = new if isinstance(new, list) else [new]
    return tree


def _alternatives(path, tree):
    """Yield (kind, other node) for the node at a path."""
    node, parent, field = _at(tree, path), _at(tree, path[:-1]), path[-1][0]
    name = type(node).__name__
    if isinstance(parent, ast.keyword) and parent.arg in ("axis", "axes"):
        yield from (("axis", new) for new in _axes(node))
        return
    if isinstance(node, ast.stmt):
        yield from _without(node, getattr(parent, field))
    if isinstance(parent, ast.UnaryOp) and _called(_at(tree, path[:-2])) == "reshape":
        return  # any negative size means the one that is left
    if name in MUTATORS:
        yield from MUTATORS[name](node, parent, field)


def _axes(node):
    number = ast.literal_eval(node) if isinstance(node, ast.Constant | ast.UnaryOp | ast.Tuple) else None
    if isinstance(number, int):
        return [ast.Constant({0: 1, 1: 0}.get(number, number - 1 if number > 0 else 0)), ast.Constant(None)]
    if isinstance(number, tuple):
        return [ast.Constant(None), *(ast.Constant(number[:i] + number[i + 1 :]) for i in range(len(number)))]
    return []


def _without(node, body):
    """Yield the body without this statement. A function without its return, or with an empty body, counts as blank."""
    if not isinstance(node, ast.Return | ast.Pass | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Raise):
        yield "deletion", [] if len(body) > 1 else ast.Pass()


def _bin_op(node, *_):
    for op, other in OPERATORS.items():
        if type(node.op) is op:
            yield "operator", ast.BinOp(node.left, other(), node.right)
    yield "operand", node.left
    yield "operand", node.right


def _aug_assign(node, *_):
    for op, other in OPERATORS.items():
        if type(node.op) is op:
            yield "operator", ast.AugAssign(node.target, other(), node.value)
    yield "operator", ast.Assign([node.target], node.value, lineno=0)


def _assign(node, *_):
    if isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Mult | ast.Div | ast.MatMult):
        yield "sign", ast.Assign(node.targets, ast.UnaryOp(ast.USub(), node.value), lineno=0)


def _unary_op(node, *_):
    if isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield "sign" if isinstance(node.op, ast.USub) else "condition", node.operand


def _compare(node, *_):
    for i, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            yield "comparison", ast.Compare(node.left, [*node.ops[:i], other(), *node.ops[i + 1 :]], node.comparators)


def _bool_op(node, *_):
    yield "condition", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    yield from (("condition", value) for value in node.values)


def _if_exp(node, *_):
    yield "condition", node.body
    yield "condition", node.orelse


def _if(node, *_):
    yield "condition", ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    yield "condition", ast.If(ast.Constant(True), node.body, node.orelse)


def _constant(node, parent, field):
    value, kind = node.value, "default" if isinstance(parent, ast.arguments) else "constant"
    if isinstance(value, bool):
        yield kind, ast.Constant(not value)
    elif isinstance(value, int):
        yield from ((kind, ast.Constant(value + step)) for step in (1, -1))
    elif isinstance(value, float):
        yield kind, ast.Constant(value * 2 if value else 1.0)
    elif isinstance(value, str) and isinstance(parent, ast.Compare | ast.arguments):
        yield kind, ast.Constant(value + "_")


def _slice(node, *_):
    lower, upper, step = node.lower, node.upper, node.step
    if lower is None:
        yield "slice", ast.Slice(ast.Constant(1), upper, step)
    else:
        yield "slice", ast.Slice(None, upper, step)
    if upper is None:
        yield "slice", ast.Slice(lower, ast.Constant(-1), step)
    else:
        yield "slice", ast.Slice(lower, None, step)
    if step is not None:
        yield "slice", ast.Slice(lower, upper, None)


def _attribute(node, parent, field):
    if node.attr == "T":
        yield "axis", node.value
    elif node.attr in FUNCTIONS:
        yield "function", ast.Attribute(node.value, FUNCTIONS[node.attr], ast.Load())


def _name(node, parent, field):
    if field == "func" and node.id in FUNCTIONS:
        yield "function", ast.Name(FUNCTIONS[node.id], ast.Load())


def _called(node):
    """Return the name of the called function or method."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", getattr(function, "id", ""))


def _call(node, *_):
    name = _called(node)
    of_np = getattr(getattr(node.func, "value", None), "id", "") == "np"
    if name in METHODS and isinstance(node.func, ast.Attribute) and not of_np:
        yield "function", node.func.value
    if name in WRAPPERS and node.args:
        yield "function", node.args[0]
    if name == "range":
        yield (
            "argument",
            ast.Call(node.func, [*node.args[:-1], ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))], []),
        )
        if len(node.args) == 1:
            yield "argument", ast.Call(node.func, [ast.Constant(1), *node.args], [])
    if len(node.args) > 1 and name not in COMMUTATIVE and not any(isinstance(arg, ast.Starred) for arg in node.args):
        first, second, *rest = node.args
        yield "argument", ast.Call(node.func, [second, first, *rest], node.keywords)
    for i in range(len(node.keywords)):
        yield "argument", ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])


MUTATORS = {
    **{"BinOp": _bin_op, "AugAssign": _aug_assign, "Assign": _assign, "UnaryOp": _unary_op, "Compare": _compare},
    **{"BoolOp": _bool_op, "IfExp": _if_exp, "If": _if, "Constant": _constant, "Slice": _slice},
    **{"Attribute": _attribute, "Name": _name, "Call": _call},
}
