"""Whatever Python's parser raises for a text, which differs between versions, affects only that text."""

import ast
import resource

import psutil
import pytest

from autograder import python_parser
from autograder.course.import_check import _tree
from autograder.course.leaks import _in_code
from autograder.errors import UsageError
from autograder.grading.submission import definitions
from autograder.plainfile.parse import PythonFile
from autograder.replay.dependencies import needed_code
from autograder.submission.fix_source import defined_names, repair_source, syntax_error
from autograder.submission.partial_cell import definitions_after
from autograder.submission.python_version import version_message
from chainrule.errors import PARSER_ERRORS
from chainrule.mine import _definitions


def judged(text):
    try:
        return PythonFile("answer.py", text, {}).note != ""  # something in it can be judged
    except UsageError as error:
        return "\n" not in str(error)


READERS = {
    "repair": lambda text: repair_source(text) is not None,
    "names": lambda text: isinstance(defined_names(text), frozenset),
    "syntax": lambda text: "\n" not in syntax_error(text),
    "rest of a cell": lambda text: definitions_after(text) == [],
    "version": lambda text: isinstance(version_message(text, SyntaxError("x", ("", 1, 1, ""))), str),
    "plain file": judged,
    "script": lambda text: needed_code([text], "f", "f()") == ([], [], []),
    "release": lambda text: definitions(text) == text,
    "leaks": lambda text: _in_code(text, frozenset()) in ([], ["holds code that is nested too deeply to be checked"]),
    "imports": lambda text: _tree(text).body == [],
    "other notebooks": lambda text: _definitions(text) == [],
}
HOSTILE = [
    "f'{(" * 9_000 + ")}'" * 9_000,
    "type x[" * 7_000,
    "(" * 5_000,
    "x = " + "-" * 50_000 + "1 1",
    "\0x",
    "def f(\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:8]))
@pytest.mark.parametrize("reader", READERS)
def test_text_that_cannot_be_parsed_is_no_traceback(reader, text):
    assert READERS[reader](text)


@pytest.mark.parametrize("error", PARSER_ERRORS)
@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "script"])
def test_whatever_the_parser_raises_is_no_traceback(reader, error, monkeypatch):
    def refuse(*_, **__):
        raise error("too complex to parse")

    text = f"x = 1  # {error.__name__}"  # not seen before by what keeps its answers
    monkeypatch.setattr(ast, "parse", refuse)
    assert READERS[reader](text)


def test_a_long_sum_is_parsed_or_left_unchanged():
    text = "def f():\n    return " + "+".join(["1"] * 3_000)
    for reader in ("repair", "names", "syntax", "version"):
        assert READERS[reader](text), reader
    assert definitions(text)
    assert needed_code([text], "f", "f()")
    assert _in_code(text, frozenset()) is not None
    definitions_after(text)
    _definitions(text)


@pytest.mark.parametrize("text", ["import " + ".".join("a" * 150_000), "from " + ".".join("a" * 150_000) + " import b"])
@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "other notebooks"])  # in the sandbox
def test_a_name_that_costs_gigabytes_is_given_up(reader, text, monkeypatch):
    monkeypatch.setattr(python_parser, "MAX_BYTES", 2**26)
    before = resource.getrlimit(resource.RLIMIT_AS)
    READERS[reader](text)
    peak = psutil.Process().memory_info().vms
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    with pytest.raises(MemoryError):
        python_parser.parse_python(text)
    assert psutil.Process().memory_info().vms < peak + 2**28


def test_a_lower_limit_of_memory_stays(monkeypatch):
    limits = [(2**40, resource.RLIM_INFINITY)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    monkeypatch.setattr(python_parser, "MAX_BYTES", 2**41)
    python_parser.parse_python("x = 1")
    assert limits[1:] == [(2**40, resource.RLIM_INFINITY)] * 2
