"""Syntax that is newer than this Python is reported as such, and nonsense is not."""

import ast
import sys

import pytest

from autograder.errors import UsageError
from autograder.plainfile.parse import PythonFile
from autograder.submission.fix_source import syntax_error
from autograder.submission.python_version import version_message
from chainrule.errors import PARSER_ERRORS

HERE = f"the grader runs Python {sys.version_info.major}.{sys.version_info.minor}"
NEWER = {
    'x = f"{d["a"]}"': "an f-string with",
    "x = f'{a['b']:>{w['c']}} {d!r:5}'": "an f-string with",
    'x = f"{"\\n".join(a)}"': "an f-string with",
    'x = f"""{\n  x  # comment\n}"""': "an f-string with",
    'x = f"{f"{f"{1 + 1}"}"}"': "an f-string with",
    "# it's\nx = f'{a['b']=}'": "an f-string with",
    "def f[T](x: T) -> T:\n    return f'{x}'": "type parameters",
    "async def f[*A, **P](x): pass": "type parameters",
    "class A[T: (int, list[str]) = int]:\n    pass": "type parameters",
    "type X = list[int]": "a type statement",
    "def f():\n    type X[T] = list[T]": "a type statement",
    "try:\n    pass\nexcept A, b.B:\n    pass": "except with several types",
    "t = t'{x}' + rt'{y}'": "a t-string",
    "lazy import numpy": "a lazy import",
    "x = [*a for a in b]": "unpacking in a comprehension",
    "x = {**a for a in b}": "unpacking in a comprehension",
    "%pwd\nx = [*a for a in b]": "unpacking in a comprehension",
    "def f[T](x): pass\nx = [*a for a in f'{x['y']}']": "unpacking in a comprehension",
}
OLD = ["print 'x'", "print x, y", "try:\n    f()\nexcept ValueError, e:\n    print e", "exec 'x = 1'"]
NONSENSE = [
    *('x = f"{x', 'x = f"{x"', "x = f'{a b}'", "x = f'{}'", "x = f'{x!}'", "x = f'{d['a']'", "f'{a['b']}' +", "x = 'a"),
    *(
        "def f(:\n  pass",
        "def f[T(x): pass",
        "I think\ndef f[T](x): pass",
        "return W +",
        "type X =",
        "lazy imports",
        "x = 07",
    ),
    *("except A, e:\n  pass", "f'{x}'\nx = (", "[*a for a in", "hello f'{d['a']}'", "\0", "print"),
]


def message_of(text):
    try:
        ast.parse(text.replace("%pwd", "pass"))
    except SyntaxError as error:
        return version_message(text.replace("%pwd", "pass"), error)
    except PARSER_ERRORS:  # no syntax that a newer Python would know
        return ""
    return None


@pytest.mark.parametrize("text", NEWER)
def test_newer_syntax_is_reported_with_the_graders_version(text, tmp_path):
    message = message_of(text)
    if message is None:
        pytest.skip("this Python knows it")
    assert message.startswith(f"{HERE}, this may be newer syntax: ")
    assert NEWER[text] in message
    assert message in syntax_error(text)
    with pytest.raises(
        UsageError, match=r"x\.py: expected Python, got .* in line \d+; the grader runs Python 3\.\d+, "
    ):
        PythonFile("x.py", text, set())


@pytest.mark.parametrize("text", OLD)
def test_python_2_is_named(text):
    assert message_of(text) == f"that is Python 2, {HERE}"


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_not_reported_as_newer_syntax(text):
    assert not message_of(text)


@pytest.mark.parametrize(
    "text",
    [
        *('f"{' * 10_000, "f'{x:" * 9_000, 'f"{a:b:' * 6_000 + "}" * 6_000, "[*" * 20_000 + " for", "def f[" * 8_000),
        *(
            "f'{(" * 9_000 + ")}'" * 9_000,
            "type x[" * 7_000,
            "x = '" * 9_000,
            "except a, " + "b, " * 15_000,
            "f'{#" * 9_000,
        ),
    ],
    ids=lambda text: text[:9],
)
def test_hostile_text_takes_no_long_time(text):
    assert not message_of(text + "\n) nonsense")
