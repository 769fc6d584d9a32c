"""Repair code that an editor broke: `repair_source`. Find what code defines without running it: `defined_names`.

Nothing here runs a student's code. Text that parses is never changed.
"""

import ast
import re
import textwrap
import warnings
from functools import lru_cache

from autograder.python_parser import parse_python
from autograder.submission.python_version import version_message
from chainrule.errors import PARSER_ERRORS

__all__ = [
    "PYTHON_MAGICS",
    "conflict_sides",
    "defined_names",
    "importable_names",
    "parse_cell",
    "repair_source",
    "syntax_error",
]

MAX_CHARACTERS = 50_000  # nobody writes a longer cell by hand, and reading it would take long
MAX_PIECES, MAX_JOINED = 1000, 5
MAGIC = re.compile(r"^([ \t]*)(?:\w[\w, ]*=[ \t]*)?(?:[%!?](?!=).*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
PYTHON_MAGICS = re.compile(r"\s*%%(time|timeit|capture|prun)\b")
NAME = re.compile(r"^(?:async +)?(?:def|class) +(\w+)|^(\w+) *=(?!=)", re.MULTILINE)
STARTS = re.compile(r"\n(?=[^\s#)\]}])(?!(?:else|elif|except|finally|case)\b)")

LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n"))
INVISIBLE = [*range(9), *range(14, 28), 0x1F, 0x7F, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
INVISIBLE = dict.fromkeys([*INVISIBLE, *range(0x2060, 0x2070), 0xFEFF])
SPACES = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
LOOKALIKES = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′‹›", "'") | dict.fromkeys("−–—‐‑", "-")
)


def repair_source(text, max_characters=MAX_CHARACTERS):
    """Return (code, message): code that parses, if harmless changes are enough, and what was changed, "" for nothing.

    If they are not, definitions that parse by themselves are kept and the rest is commented out.
    """
    if len(text) > max_characters or not (error := syntax_error(text)):
        return text, ""
    repaired, messages = text, []
    for repair, message in REPAIRS:
        candidates = [new for new in repair(repaired) if new != repaired and new.strip()]
        if not candidates:
            continue
        messages.append(message)
        valid = [new for new in candidates if not syntax_error(new)]
        if valid:
            return valid[0], " and ".join(messages)
        repaired = candidates[0]
    reduced = _comment_out_errors(repaired)
    if reduced is None:
        return text, ""
    return reduced, f"{error}: lines that are not Python were left out, the rest is run"


@lru_cache(maxsize=256)
def syntax_error(text):
    """Return "" if the text is Python, with IPython's magics, else one line that says what is wrong in which line."""
    try:
        parse_cell(text)
    except SyntaxError as error:
        version = version_message(MAGIC.sub(r"\1pass", text), error)
        return f"line {error.lineno} is not Python ({error.msg}{version and f'; {version}'})"
    except PARSER_ERRORS:
        return "the text is not Python"
    return ""


@lru_cache(maxsize=256)
def defined_names(text):
    """Return the names that code defines at its top level, such as "max_norm", "KNN" and "KNN.predict"."""
    if len(text) <= MAX_CHARACTERS:
        try:
            return frozenset(_defined_in(parse_cell(text).body))
        except PARSER_ERRORS:
            pass
    return frozenset(name for pair in NAME.findall(text[:MAX_CHARACTERS]) for name in pair if name)


@lru_cache(maxsize=256)
def importable_names(text):
    """Return the names that code imports, and those of its functions and classes. Raises SyntaxError if it has one."""
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return frozenset(_defined_in(node for node in parse_cell(text).body if isinstance(node, kinds)))


def conflict_sides(text):
    """Return (ours, theirs), the two versions of a text with conflict markers of git."""
    ours, theirs, side = [], [], "both"
    for line in text.split("\n"):
        mark = line[:7]
        if mark == "<<<<<<<":
            side = "ours"
        elif mark == "|||||||" and side == "ours":
            side = "neither"
        elif line.rstrip() == "=======" and side in ("ours", "neither"):
            side = "theirs"
        elif mark == ">>>>>>>" and side == "theirs":
            side = "both"
        else:
            ours += [line] if side in ("both", "ours") else []
            theirs += [line] if side in ("both", "theirs") else []
    return "\n".join(ours), "\n".join(theirs)


def parse_cell(text):
    """Return the syntax tree of a cell. A magic counts as `pass`; a cell in another language is an empty tree.

    Raises one of PARSER_ERRORS if it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = parse_python(text)
        except SyntaxError:
            if text.lstrip().startswith("%%") and not PYTHON_MAGICS.match(text):
                return ast.parse("")
            plain = MAGIC.sub(r"\1pass", text)
            if plain == text:
                raise
            tree = parse_python(plain)
    for node in tree.body:
        if isinstance(node, ast.Return):  # the parser lets it pass, the compiler does not
            raise SyntaxError("'return' outside function", ("", node.lineno, 0, ""))
    return tree


def _defined_in(body):
    """Yield the names that statements define, also those inside an if, a try or a with."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield node.name
            yield from (f"{node.name}.{name}" for name in _defined_in(node.body))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (ast.unparse(target) for target in targets if isinstance(target, ast.Name | ast.Attribute))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
            yield from _defined_in(inner + [line for handler in getattr(node, "handlers", []) for line in handler.body])


def _resolve_conflict(text):
    """Candidates: both sides of a conflict of git, the longer one first."""
    return sorted(conflict_sides(text), key=len, reverse=True) if "<<<<<<<" in text else []


def _remove_fences(text):
    """Candidates: the text without Markdown's lines ```, and only the text between them."""
    parts = re.split(r"^[ \t]*```.*\n?", text, flags=re.MULTILINE)
    return ["".join(parts), "".join(parts[1::2])]


def _remove_prompts(text):
    """Candidates: the text without the prompts of an interpreter, and only its lines that had one."""
    prompt = re.compile(r"^[ \t]*(?:>>>|\.\.\.|In \[\d*\]:|\.\.\.:)(?: |$)")
    lines = text.split("\n")
    plain = [prompt.sub("", line, count=1) for line in lines]
    return ["\n".join(plain), "\n".join(new for new, old in zip(plain, lines, strict=True) if new != old)]


def _fix_indentation(text):
    """Candidates: the common indentation or that of the first line removed, tabs replaced by four or eight spaces."""
    first = re.match(r"\s*\n|[ \t]*", text)[0]
    candidates = [text, textwrap.dedent(text), re.sub(f"^{re.escape(first)}", "", text, flags=re.MULTILINE)]
    for width in (4, 8):
        candidates += [text.expandtabs(width), textwrap.dedent(text.expandtabs(width))]
    return candidates


REPAIRS = (
    (lambda text: [text.replace("\r\n", "\n").translate(LINE_ENDS)], "its line ends were replaced"),
    (lambda text: [text.translate(INVISIBLE)], "invisible characters were removed"),
    (lambda text: [text.translate(SPACES)], "odd spaces were replaced by plain ones"),
    (lambda text: [text.translate(LOOKALIKES)], "typographic characters were replaced by Python's own"),
    (_resolve_conflict, "of the two versions between git's conflict markers one was taken"),
    (_remove_fences, "the lines ``` around the code were removed"),
    (_remove_prompts, "the prompts before the code were removed"),
    (_fix_indentation, "its indentation was made even"),
)


def _comment_out_errors(text):
    """Return the text with all that does not parse commented out, or None if no definition in it parses."""
    pieces = STARTS.split(text)
    if len(pieces) > MAX_PIECES:
        return None
    result, has_definition, at = [], False, 0
    while at < len(pieces):
        end = next((end for end in range(at + 1, at + 1 + MAX_JOINED) if _is_code(pieces[at:end])), None)
        if end is None:
            result.append("\n".join(f"# {line}" for line in pieces[at].split("\n")))
        else:
            result += pieces[at:end]
            has_definition = has_definition or bool(defined_names("\n".join(pieces[at:end])))
        at = end or at + 1
    reduced = "\n".join(result)
    return reduced if has_definition and not syntax_error(reduced) else None


def _is_code(pieces):
    """True if lines are Python and more than a single word."""
    try:
        body = parse_cell("\n".join(pieces)).body
    except PARSER_ERRORS:
        return False
    return all(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call | ast.Constant) for node in body)
