"""Write a script that fails as a student's answer does, and needs nothing but Python and NumPy: `write_script`.

It holds the student's own code as far as it is needed, the smallest case that was wrong, and the right values: nothing
of the reference.
"""

import ast
import json
import os
import pprint
import re
import sys
import textwrap
from pathlib import Path

import numpy as np

from autograder.errors import UsageError
from autograder.replay import script_template as parts
from autograder.replay.dependencies import needed_code
from autograder.tasks.catalog import task_named
from chainrule.judging import runner
from chainrule.judging.verdict import Unanswered

__all__ = ["given_inputs", "require_new", "script_of", "write_script"]

LARGE, SMALL = 500, 20  # with more numbers in all, arrays of more than a few are kept in a file beside the script
WIDTH = 110
VIEWED = {"abs": "np.abs({})", "gram": "np.matmul({0}, np.transpose({0}))"}


def given_inputs(case):
    """The inputs as the student's code gets them: on their way they become JSON."""
    return {n: runner.decode(runner.encode(v)) if hasattr(v, "dtype") else _json(v) for n, v in case.inputs.items()}


def require_new(path):
    """Raise UsageError unless a script and the arrays beside it can be written to a new file."""
    if path.suffix != ".py" or not _may_be_named(path):
        raise UsageError(f"--script: expected the name of a new Python file, got {path}")
    for file in (path, path.with_suffix(".npz")):
        if os.path.lexists(file):
            raise UsageError(f"--script: expected a new file, found {file}; choose another name or move it away")
    if not path.parent.is_dir():
        raise UsageError(f"--script: expected a folder to write into, found none at {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"--script: expected a folder to write into, {path.parent} is read-only; choose another one")


def _may_be_named(path):
    """False for what no file system takes: null bytes, names that are too long."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return True
    except (OSError, ValueError):
        return False
    return True


def write_script(path, replayed):
    """Write the script, with an .npz of the same name beside it for large arrays; return the files, none if it passed.

    Nothing is overwritten.
    """
    path = Path(path)
    require_new(path)
    text, arrays = script_of(replayed)
    if not text:
        return []
    if arrays:
        _put(path.with_suffix(".npz"), lambda file: np.savez_compressed(file, **arrays))
    _put(path, lambda file: file.write(text.encode("utf-8", "backslashreplace")))
    return [path, path.with_suffix(".npz")] if arrays else [path]


def _put(path, write):
    try:
        with open(path, "xb") as file:  # never in the place of another one
            write(file)
    except OSError as error:
        raise UsageError(f"--script: expected to write {path}, got {error.strerror}") from None


def script_of(replayed):
    """Return (text of the script, {name: array} that it reads from a file); an empty text if nothing failed."""
    found = [(lost, failure) for lost in (replayed.lost() if replayed else ()) for failure in lost.failures]
    if not found:
        return "", {}
    lost, failure = min(found, key=_rank)
    case = failure.case
    task = task_named(replayed.verdict.task)
    imports, code, missing = needed_code(replayed.evidence.cells, task.name, case.call, case.inputs, task.source())
    body, arrays = _value_body(lost, failure) if failure.costs is None else _cost_body(lost)
    head, tools = _head(replayed.verdict, lost, failure), _tools(body)
    imports += [text for text in _parted(case.call)[0] if text not in imports]
    head += _hints(arrays, imports, missing) + "\n"
    modules = [name for name in ("copy", "faulthandler", "sys", "tracemalloc") if f"{name}." in tools + body]
    modules = [f"import {name}" for name in modules] + (["from pathlib import Path"] if arrays else [])
    lines = [*modules, "", *dict.fromkeys(["import numpy as np", *imports])]
    if special := [name for name in ("inf", "nan") if re.search(rf"\b{name}\b", body)]:
        lines.append(f"from numpy import {', '.join(special)}")
    pieces = [head + "\n".join(lines).lstrip("\n"), *code, parts.RULE + tools, body]
    return "\n\n\n".join(piece.strip("\n") for piece in pieces if piece) + "\n", arrays


def _rank(found):
    """The smallest case first; what costs too much, or gives no answer, after what is wrong."""
    lost, failure = found
    late = failure.costs is not None or isinstance(failure.error, Unanswered)
    return late, sum(np.size(value) for value in failure.case.inputs.values())


def _head(verdict, lost, failure):
    """The comment at the top."""
    return _comment(
        f'{verdict.task}, check "{lost.outcome.name}": {_sentence(lost, failure)}',
        "This is the part of your code that the check needs, and the smallest case that failed. Run it with Python "
        "and NumPy: it fails as long as the code is wrong.",
        f"Seed {verdict.seed}, case {failure.number} of {len(lost.check.cases)}.",
    )


def _hints(arrays, imports, missing):
    """What the script needs beside it, as a comment."""
    said, needed = [], {text.split()[1].split(".")[0] for text in imports} - sys.stdlib_module_names - {"numpy"}
    if arrays:
        said.append("The arrays are in the file of the same name that ends in .npz: keep both together.")
    if "chainrule" in needed:
        said.append("It imports from chainrule: run it in the folder of the assignment.")
    if others := sorted(needed - {"chainrule"}):
        said.append(f"It imports {', '.join(others)}, as your code does: that must be installed or lie beside it.")
    if missing:
        said.append(f"Your code uses names that it does not define itself: {', '.join(missing)}.")
    return _comment(*said)


def _comment(*said):
    lines = [line for text in said for line in textwrap.wrap(text, WIDTH, break_long_words=False)]
    return "".join(f"# {line}\n" for line in lines)


def _tools(body):
    """The functions that the last part of the script uses."""
    return "\n\n\n".join(text.strip("\n") for name, text in parts.TOOLS.items() if re.search(rf"\b{name}\(", body))


def _value_body(lost, failure):
    """The function that makes the call and compares, and the arrays that it loads."""
    case, check, inputs = failure.case, lost.check, given_inputs(failure.case)
    names = list(failure.outputs or case.expected)
    arrays = _stored(inputs | {f"right_{name}": case.expected[name] for name in names})
    lines = [*_loaded(arrays), *(f"{name} = {_literal(name, value, arrays)}" for name, value in inputs.items())]
    if case.layout != "C":
        lines.append("# The same numbers, but not contiguous in memory:")
        wide = (name for name, value in inputs.items() if isinstance(value, np.ndarray) and value.ndim)
        lines += [f"{name} = np.repeat({name}, 2, axis=-1)[..., ::2]" for name in wide]
    # An input that is looked at afterwards is the one that was given, whatever its name means by then.
    renamed = {name: f"given_{name}" for name in names if name in inputs and _sets(case.call, name)}
    lines += [f"{new} = {name}" for name, new in renamed.items()]
    if isinstance(failure.error, Unanswered):
        lines.append(f"faulthandler.dump_traceback_later(10, exit=True)  # the grader: {failure.error}")
    lines += ["", _parted(case.call)[1], ""]
    lines += [f"verdict_says = {_quoted(_sentence(lost, failure))}"] if names else []
    for name in names:
        right, got, view = f"right_{name}", renamed.get(name, name), _view(check.view, case.expected[name])
        lines.append(f"{right} = {_literal(right, case.expected[name], arrays)}")
        if view != "{}":
            lines.append(f"assert np.shape({got}) == {right}.shape, verdict_says")
        pair = f"{view.format(got)}, {view.format(right)}"
        lines.append(f"assert same_values({pair}, rtol={check.rtol}, atol={check.atol}), verdict_says")
    return f"def failing_case():\n{_indented(lines)}\n\n\nfailing_case()\n", arrays


def _view(name, expected):
    """How an output is seen before it is compared, as Python text."""
    return VIEWED.get(name if name != "gram" or expected.ndim == 2 else "", "{}")


def _cost_body(lost):
    """The call as a function of its inputs, and what it costs; and the arrays that are loaded."""
    check, cases = lost.check, [failure.case for failure in lost.failures]
    given = [given_inputs(case) for case in cases]
    arrays = _stored({f"{name}_{n}": value for n, inputs in enumerate(given) for name, value in inputs.items()})
    call = _indented([_parted(cases[0].call)[1]])
    lines = [f"def failing_case({', '.join(given[0])}):\n{call}\n\n", *_loaded(arrays)]
    for n, (variable, inputs) in enumerate(zip(("small", "large"), given, strict=False)):
        items = [f'"{name}": {_literal(f"{name}_{n}", value, arrays)},' for name, value in inputs.items()]
        lines.append(f"{variable} = {{\n{_indented(items)}\n}}")
    if check.kind == "memory":
        lines.append(f"assert peak_bytes(small) <= {check.limit!r}, verdict_says")
    else:
        cost = "count_steps" if " steps at " in lost.outcome.message else "count_views"
        lines += [f"{cost}(small)  # the first call of all may cost more", f"few, many = {cost}(small), {cost}(large)"]
        lines.append("assert many <= 1.2 * few + 20, verdict_says")
    lines.insert(-1, f"verdict_says = {_quoted(lost.outcome.message)}")
    return "\n".join(lines) + "\n", arrays


def _parted(call):
    """The imports of a call, which would make local names of what its function takes from outside, and the rest."""
    lines, imports = call.split("\n"), []
    for node in ast.parse(call).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(ast.unparse(node))
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    return imports, "\n".join(line for line in lines if line is not None).strip("\n")


def _indented(lines):
    return textwrap.indent("\n".join(lines), "    ")


def _loaded(arrays):
    return ['stored = np.load(Path(__file__).with_suffix(".npz"))'] if arrays else []


def _sentence(lost, failure):
    """What the verdict says; where that is about the numbers of another case, the same about this one."""
    said = lost.sentences(lost.failures[0])
    if lost.outcome.message in said:
        return lost.sentences(failure)[0]
    return lost.outcome.message


def _literal(name, value, arrays):
    """Python text that makes the value anew, to the last bit. What was put among `arrays` is read from there."""
    if not isinstance(value, np.ndarray):
        return pprint.pformat(value, width=WIDTH, compact=True, sort_dicts=False)
    if name in arrays:
        return f'stored["{name}"]'
    if value.size == 0:
        return f'np.zeros({value.shape}, dtype="{value.dtype}")'
    dtype = "" if value.dtype in (float, int, bool, complex) else f', dtype="{value.dtype}"'
    text = pprint.pformat(value.tolist(), width=WIDTH - 8, compact=True)
    if "\n" not in text and len(text) < WIDTH - 30:
        return f"np.array({text}{dtype})"
    return "np.array(\n" + textwrap.indent(text, "    ") + f"{dtype}\n)"


def _stored(values):
    """Those of {name: value} that are kept in a file: all arrays but the smallest, if they are many numbers."""
    found = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    if sum(value.size for value in found.values()) <= LARGE:
        return {}
    return {name: value for name, value in found.items() if value.size > SMALL}


def _quoted(text):
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)


def _json(value):
    return json.loads(json.dumps(value))


def _sets(call, name):
    nodes = (n for n in ast.walk(ast.parse(call)) if isinstance(n, ast.Name) and n.id == name)
    return any(isinstance(n.ctx, ast.Store) for n in nodes)
