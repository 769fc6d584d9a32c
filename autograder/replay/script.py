"""Write a script that fails as a student's answer does and needs only Python and NumPy: `write_script`.

It holds the part of the student's code that the call needs, the smallest failing case and the expected values, but no
code of the reference solution.
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
from autograder.replay import script_template as template
from autograder.replay.dependencies import needed_code
from autograder.tasks.catalog import task_named
from chainrule.judging import runner
from chainrule.judging.verdict import Unanswered

__all__ = ["build_script", "decoded_inputs", "require_new_file", "write_script"]

# With more than LARGE numbers in all, arrays of more than SMALL numbers go into an .npz beside the script.
LARGE, SMALL = 500, 20
WIDTH = 110
VIEWED = {"abs": "np.abs({})", "gram": "np.matmul({0}, np.transpose({0}))"}


def decoded_inputs(case):
    """Return the inputs of a Case as the student's code receives them, after encoding as JSON."""
    return {n: runner.decode(runner.encode(v)) if hasattr(v, "dtype") else _json(v) for n, v in case.inputs.items()}


def require_new_file(path):
    """Raise UsageError unless `path` ends in .py, neither it nor its .npz exists, and its folder can be written to."""
    if path.suffix != ".py" or not _is_valid_path(path):
        raise UsageError(f"--script: expected the name of a new Python file, got {path}")
    for file in (path, path.with_suffix(".npz")):
        if os.path.lexists(file):
            raise UsageError(f"--script: expected a new file, found {file}; choose another name or move it away")
    if not path.parent.is_dir():
        raise UsageError(f"--script: expected a folder to write into, found none at {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"--script: expected a folder to write into, {path.parent} is read-only; choose another one")


def _is_valid_path(path):
    """Return False for names that no file system accepts: null bytes, too long."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return True
    except (OSError, ValueError):
        return False
    return True


def write_script(path, replayed):
    """Write the script, with an .npz of the same name beside it for large arrays; return the paths, [] if it passed.

    Existing files are never overwritten: UsageError.
    """
    path = Path(path)
    require_new_file(path)
    text, arrays = build_script(replayed)
    if not text:
        return []
    if arrays:
        _write_new(path.with_suffix(".npz"), lambda file: np.savez_compressed(file, **arrays))
    _write_new(path, lambda file: file.write(text.encode("utf-8", "backslashreplace")))
    return [path, path.with_suffix(".npz")] if arrays else [path]


def _write_new(path, write):
    try:
        with open(path, "xb") as file:  # fails if the file exists
            write(file)
    except OSError as error:
        raise UsageError(f"--script: expected to write {path}, got {error.strerror}") from None


def build_script(replayed):
    """Return (text of the script, {name: array} that it reads from a file); an empty text if nothing failed."""
    candidates = [
        (failed, failure) for failed in (replayed.failed_checks() if replayed else ()) for failure in failed.failures
    ]
    if not candidates:
        return "", {}
    failed, failure = min(candidates, key=_sort_key)
    case = failure.case
    task = task_named(replayed.verdict.task)
    imports, code, missing = needed_code(replayed.evidence.cells, task.name, case.call, case.inputs, task.source())
    body, arrays = _value_body(failed, failure) if failure.costs is None else _cost_body(failed)
    head, tools = _head(replayed.verdict, failed, failure), _tools(body)
    imports += [text for text in _split_imports(case.call)[0] if text not in imports]
    head += _hints(arrays, imports, missing) + "\n"
    modules = [name for name in ("copy", "faulthandler", "sys", "tracemalloc") if f"{name}." in tools + body]
    modules = [f"import {name}" for name in modules] + (["from pathlib import Path"] if arrays else [])
    lines = [*modules, "", *dict.fromkeys(["import numpy as np", *imports])]
    if special := [name for name in ("inf", "nan") if re.search(rf"\b{name}\b", body)]:
        lines.append(f"from numpy import {', '.join(special)}")
    pieces = [head + "\n".join(lines).lstrip("\n"), *code, template.HEADING + tools, body]
    return "\n\n\n".join(piece.strip("\n") for piece in pieces if piece) + "\n", arrays


def _sort_key(candidate):
    """Sort key: wrong values before costs and missing answers, then the smallest case."""
    _, failure = candidate
    no_values = failure.costs is not None or isinstance(failure.error, Unanswered)
    return no_values, sum(np.size(value) for value in failure.case.inputs.values())


def _head(verdict, failed, failure):
    """Return the comment at the top."""
    return _comment(
        f'{verdict.task}, check "{failed.outcome.name}": {_message(failed, failure)}',
        "This is the part of your code that the check needs, and the smallest case that failed. Run it with Python "
        "and NumPy: it fails as long as the code is wrong.",
        f"Seed {verdict.seed}, case {failure.number} of {len(failed.check.cases)}.",
    )


def _hints(arrays, imports, missing):
    """Return a comment that lists what the script needs besides NumPy."""
    notes = []
    needed = {text.split()[1].split(".")[0] for text in imports} - sys.stdlib_module_names - {"numpy"}
    if arrays:
        notes.append("The arrays are in the file of the same name that ends in .npz: keep both together.")
    if "chainrule" in needed:
        notes.append("It imports from chainrule: run it in the folder of the assignment.")
    if packages := sorted(needed - {"chainrule"}):
        notes.append(f"It imports {', '.join(packages)}, as your code does: that must be installed or lie beside it.")
    if missing:
        notes.append(f"Your code uses names that it does not define itself: {', '.join(missing)}.")
    return _comment(*notes)


def _comment(*texts):
    lines = [line for text in texts for line in textwrap.wrap(text, WIDTH, break_long_words=False)]
    return "".join(f"# {line}\n" for line in lines)


def _tools(body):
    """Return the text of the helper functions that the last part of the script uses."""
    return "\n\n\n".join(text.strip("\n") for name, text in template.TOOLS.items() if re.search(rf"\b{name}\(", body))


def _value_body(failed, failure):
    """Return (text of a function that makes the call and compares its outputs, {name: array} that it loads)."""
    case, check, inputs = failure.case, failed.check, decoded_inputs(failure.case)
    names = list(failure.outputs or case.expected)
    arrays = _arrays_to_store(inputs | {f"right_{name}": case.expected[name] for name in names})
    lines = [*_load_line(arrays), *(f"{name} = {_literal(name, value, arrays)}" for name, value in inputs.items())]
    if case.layout != "C":
        lines.append("# The same numbers, but not contiguous in memory:")
        wide = (name for name, value in inputs.items() if isinstance(value, np.ndarray) and value.ndim)
        lines += [f"{name} = np.repeat({name}, 2, axis=-1)[..., ::2]" for name in wide]
    # An input that is compared afterwards is the array passed in, even if the call rebinds its name.
    renamed = {name: f"given_{name}" for name in names if name in inputs and _sets(case.call, name)}
    lines += [f"{new} = {name}" for name, new in renamed.items()]
    if isinstance(failure.error, Unanswered):
        lines.append(f"faulthandler.dump_traceback_later(10, exit=True)  # the grader: {failure.error}")
    lines += ["", _split_imports(case.call)[1], ""]
    lines += [f"verdict_message = {_quoted(_message(failed, failure))}"] if names else []
    for name in names:
        right, got, view = f"right_{name}", renamed.get(name, name), _view(check.view, case.expected[name])
        lines.append(f"{right} = {_literal(right, case.expected[name], arrays)}")
        if view != "{}":
            lines.append(f"assert np.shape({got}) == {right}.shape, verdict_message")
        pair = f"{view.format(got)}, {view.format(right)}"
        lines.append(f"assert same_values({pair}, rtol={check.rtol}, atol={check.atol}), verdict_message")
    return f"def failing_case():\n{_indented(lines)}\n\n\nfailing_case()\n", arrays


def _view(name, expected):
    """Return the expression that is applied to an output before it is compared, as a format string."""
    return VIEWED.get(name if name != "gram" or expected.ndim == 2 else "", "{}")


def _cost_body(failed):
    """Return (text of a function that makes the call, with an assertion on its cost, {name: array} that it loads)."""
    check, cases = failed.check, [failure.case for failure in failed.failures]
    inputs_of_cases = [decoded_inputs(case) for case in cases]
    arrays = _arrays_to_store(
        {f"{name}_{n}": value for n, inputs in enumerate(inputs_of_cases) for name, value in inputs.items()}
    )
    call = _indented([_split_imports(cases[0].call)[1]])
    lines = [f"def failing_case({', '.join(inputs_of_cases[0])}):\n{call}\n\n", *_load_line(arrays)]
    for n, (variable, inputs) in enumerate(zip(("small", "large"), inputs_of_cases, strict=False)):
        items = [f'"{name}": {_literal(f"{name}_{n}", value, arrays)},' for name, value in inputs.items()]
        lines.append(f"{variable} = {{\n{_indented(items)}\n}}")
    if check.kind == "memory":
        lines.append(f"assert peak_bytes(small) <= {check.limit!r}, verdict_message")
    else:
        cost = "count_steps" if " steps at " in failed.outcome.message else "count_views"
        lines += [f"{cost}(small)  # the first call of all may cost more", f"few, many = {cost}(small), {cost}(large)"]
        lines.append("assert many <= 1.2 * few + 20, verdict_message")
    lines.insert(-1, f"verdict_message = {_quoted(failed.outcome.message)}")
    return "\n".join(lines) + "\n", arrays


def _split_imports(call):
    """Return (imports, other lines) of a call: imports inside the function would make these names local."""
    lines, imports = call.split("\n"), []
    for node in ast.parse(call).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(ast.unparse(node))
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    return imports, "\n".join(line for line in lines if line is not None).strip("\n")


def _indented(lines):
    return textwrap.indent("\n".join(lines), "    ")


def _load_line(arrays):
    return ['stored = np.load(Path(__file__).with_suffix(".npz"))'] if arrays else []


def _message(failed, failure):
    """Return the verdict's message; if it describes another failing case, the message about this one."""
    if failed.outcome.message in failed.messages(failed.failures[0]):
        return failed.messages(failure)[0]
    return failed.outcome.message


def _literal(name, value, arrays):
    """Return Python code for the exact value; values in `arrays` are read from the .npz file."""
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


def _arrays_to_store(values):
    """Return the part of {name: value} that goes into the .npz: if the arrays are large in all, those over SMALL."""
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    if sum(value.size for value in arrays.values()) <= LARGE:
        return {}
    return {name: value for name, value in arrays.items() if value.size > SMALL}


def _quoted(text):
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)


def _json(value):
    return json.loads(json.dumps(value))


def _sets(call, name):
    nodes = (n for n in ast.walk(ast.parse(call)) if isinstance(n, ast.Name) and n.id == name)
    return any(isinstance(n.ctx, ast.Store) for n in nodes)
