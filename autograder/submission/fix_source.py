"""Repair code that an editor broke: `repair_source`. Find what code defines without running it: `defined_names`.

Nothing here runs a student's code. Text that parses is never changed.
"""

import ast
import re
import textwrap
import warnings
from functools import lru_cache

from autograder.submission.python_version import version_words
from chainrule.errors import PARSER_ERRORS

__all__ = ["conflict_sides", "defined_names", "importable_names", "parse_cell", "repair_source", "syntax_error"]

LONGEST = 50_000  # characters; nobody writes a longer cell by hand, and it would take long to look into
PIECES, AHEAD = 1000, 5
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


def repair_source(text):
    """Return (text, message): code that parses if harmless changes achieve it, and what was changed, "" for nothing.

    Where they do not, the definitions in it that parse by themselves are kept and the rest is commented out.
    """
    if len(text) > LONGEST or not (error := syntax_error(text)):
        return text, ""
    repaired, messages = text, []
    for repairs, words in REPAIRS:
        changed = [new for new in repairs(repaired) if new != repaired and new.strip()]
        if not changed:
            continue
        messages.append(words)
        right = [new for new in changed if not syntax_error(new)]
        if right:
            return right[0], " and ".join(messages)
        repaired = changed[0]
    rescued = _rescued(repaired)
    if rescued is None:
        return text, ""
    return rescued, f"{error}: what is no Python there was left out, the rest is run"


@lru_cache(maxsize=256)
def syntax_error(text):
    """Return "" if the text is Python, with IPython's magics, or one line that says what is wrong where."""
    try:
        parse_cell(text)
    except SyntaxError as error:
        words = version_words(MAGIC.sub(r"\1pass", text), error)
        return f"line {error.lineno} is not Python ({error.msg}{words and f'; {words}'})"
    except PARSER_ERRORS:
        return "the text is not Python"
    return ""


@lru_cache(maxsize=256)
def defined_names(text):
    """Return the names that code binds at its top level, such as "max_norm", "KNN" and "KNN.predict"."""
    if len(text) <= LONGEST:
        try:
            return frozenset(_bound(parse_cell(text).body))
        except PARSER_ERRORS:
            pass
    return frozenset(name for pair in NAME.findall(text[:LONGEST]) for name in pair if name)


@lru_cache(maxsize=256)
def importable_names(text):
    """Return the names of what sound code imports, and of its functions and classes."""
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return frozenset(_bound(node for node in parse_cell(text).body if isinstance(node, kinds)))


def conflict_sides(text):
    """Return both versions of a text in which git left its conflict markers: first what stood here, then the other."""
    here, there, now = [], [], "both"
    for line in text.split("\n"):
        mark = line[:7]
        if mark == "<<<<<<<":
            now = "here"
        elif mark == "|||||||" and now == "here":
            now = "neither"
        elif line.rstrip() == "=======" and now in ("here", "neither"):
            now = "there"
        elif mark == ">>>>>>>" and now == "there":
            now = "both"
        else:
            here += [line] if now in ("both", "here") else []
            there += [line] if now in ("both", "there") else []
    return "\n".join(here), "\n".join(there)


def parse_cell(text):
    """Return the syntax tree of a cell. A magic counts as `pass`; a cell that is in another language holds nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            if text.lstrip().startswith("%%") and not PYTHON_MAGICS.match(text):
                return ast.parse("")
            plain = MAGIC.sub(r"\1pass", text)
            if plain == text:
                raise
            tree = ast.parse(plain)
    for node in tree.body:
        if isinstance(node, ast.Return):  # the parser lets it pass, the compiler does not
            raise SyntaxError("'return' outside function", ("", node.lineno, 0, ""))
    return tree


def _bound(body):
    """Yield the names that statements bind, also those below an if, a try or a with."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield node.name
            yield from (f"{node.name}.{name}" for name in _bound(node.body))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (ast.unparse(target) for target in targets if isinstance(target, ast.Name | ast.Attribute))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
            yield from _bound(inner + [line for handler in getattr(node, "handlers", []) for line in handler.body])


def _unconflicted(text):
    """Both sides of a conflict, the longer one first."""
    return sorted(conflict_sides(text), key=len, reverse=True) if "<<<<<<<" in text else []


def _unfenced(text):
    """Without the lines ``` of markdown, or only what stands between them."""
    parts = re.split(r"^[ \t]*```.*\n?", text, flags=re.MULTILINE)
    return ["".join(parts), "".join(parts[1::2])]


def _unprompted(text):
    """Without the prompts of an interpreter; what it answered has none and goes."""
    prompt = re.compile(r"^[ \t]*(?:>>>|\.\.\.|In \[\d*\]:|\.\.\.:)(?: |$)")
    lines = text.split("\n")
    plain = [prompt.sub("", line, count=1) for line in lines]
    return ["\n".join(plain), "\n".join(new for new, old in zip(plain, lines, strict=True) if new != old)]


def _indented(text):
    """Without the indentation of all lines, or of the first one; tabs as four or eight spaces."""
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
    (_unconflicted, "of the two versions between git's conflict markers one was taken"),
    (_unfenced, "the lines ``` around the code were removed"),
    (_unprompted, "the prompts before the code were removed"),
    (_indented, "its indentation was made even"),
)


def _rescued(text):
    """Return the text with all that does not parse commented out, or None if no definition in it parses."""
    pieces = STARTS.split(text)
    if len(pieces) > PIECES:
        return None
    made, useful, at = [], False, 0
    while at < len(pieces):
        end = next((end for end in range(at + 1, at + 1 + AHEAD) if _runs(pieces[at:end])), None)
        if end is None:
            made.append("\n".join(f"# {line}" for line in pieces[at].split("\n")))
        else:
            made += pieces[at:end]
            useful = useful or bool(defined_names("\n".join(pieces[at:end])))
        at = end or at + 1
    rescued = "\n".join(made)
    return rescued if useful and not syntax_error(rescued) else None


def _runs(pieces):
    """Whether lines are Python and more than a stray word."""
    try:
        body = parse_cell("\n".join(pieces)).body
    except PARSER_ERRORS:
        return False
    return all(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call | ast.Constant) for node in body)
