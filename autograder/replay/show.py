"""Show a replayed verdict as text or as plain data: `as_text` and `as_dict`."""

import numpy as np

from autograder.replay.script import decoded_inputs

__all__ = ["as_dict", "as_text"]

MAX_NUMBERS = 60  # larger arrays are summarised


def as_text(replayed):
    """Return a Replayed verdict as text, with differences from the record and a wrong case of every failed check."""
    lines = [str(replayed.verdict), f"seed {replayed.verdict.seed}"]
    if replayed.recorded is not None:
        lines += _comparison(replayed)
    for failed in replayed.failed_checks():
        for failure in failed.failures[: 2 if failed.check.kind == "growth" else 1]:
            lines += ["", f"{failed.outcome.name}: case {failure.number} of {len(failed.check.cases)}"]
            lines += _case(failed, failure)
    return "\n".join(lines)


def as_dict(replayed):
    """Return a Replayed verdict with all wrong cases as JSON data: arrays as nested lists, NaN and inf as strings."""
    recorded = replayed.recorded
    return {
        "task": replayed.verdict.task,
        "verdict": replayed.verdict.as_dict() | {"reason": replayed.verdict.reason()},
        "recorded": recorded,
        "same": None if recorded is None else not replayed.differences(),
        "differences": replayed.differences(),
        "lost": [
            {"check": failed.outcome.name, "result": failed.outcome.result, "message": failed.outcome.message}
            | {"cases": [_case_dict(failure) for failure in failed.failures]}
            for failed in replayed.failed_checks()
        ],
    }


def _comparison(replayed):
    differences = replayed.differences()
    if not differences:
        return ["the same verdict as recorded"]
    lines = ["not the verdict that is recorded:", *(f"  {text}" for text in differences)]
    if all(", message: " in text for text in differences):
        lines += ["  the points are the same; code that draws random numbers or needs long may not answer twice alike"]
    return lines


def _case(failed, failure):
    """Return the lines on one case: the call, its inputs, and its wrong outputs, error or costs."""
    lines = ["  call", *(f"    {line}" for line in failure.case.call.strip("\n").split("\n")), "  inputs"]
    if failure.case.layout != "C":
        lines[-1] += " (arrays that are not contiguous in memory)"
    lines += _format_values(decoded_inputs(failure.case))
    for message, (name, (got, expected)) in zip(failed.messages(failure), (failure.outputs or {}).items(), strict=True):
        lines += [f"  {name}: {message}", *_format_values({"got": got, "expected": expected})]
    if failure.error is not None:
        lines.append(f"  no value: {failure.error}")
    if failure.costs:
        lines.append("  costs: " + ", ".join(f"{name} {value}" for name, value in failure.costs.items()))
    return lines


def _format_values(values):
    width = max(map(len, values), default=0)
    return [line for name, value in values.items() for line in _aligned(name, value, width)]


def _aligned(name, value, width):
    first, *rest = _format_value(value).split("\n")
    return [f"    {name:<{width}}  {first}", *(f"    {'':<{width}}  {line}" for line in rest)]


def _format_value(value):
    """Return a small value in full, a large one as its type, shape and range."""
    if not isinstance(value, np.ndarray):
        text = repr(value)
        return text if len(text) < 1000 else f"{text[:1000]}... ({len(text)} characters)"
    if value.size <= MAX_NUMBERS:
        return np.array2string(value, max_line_width=100, separator=", ")
    form = f"{value.dtype} {value.shape}"
    if value.dtype == bool:
        return f"{form}, {np.sum(value)} of {value.size} true"
    with np.errstate(all="ignore"):
        return f"{form}, from {np.nanmin(value):.6g} to {np.nanmax(value):.6g}, mean {np.nanmean(value):.6g}"


def _case_dict(failure):
    error = failure.error
    return {
        "case": failure.number,
        "call": failure.case.call,
        "layout": failure.case.layout,
        "inputs": {name: _plain(value) for name, value in decoded_inputs(failure.case).items()},
        "outputs": {
            name: {"got": _plain(got), "expected": _plain(expected)}
            for name, (got, expected) in (failure.outputs or {}).items()
        },
        "error": None if error is None else str(error),
        "costs": failure.costs,
    }


def _plain(value):
    """Return arrays as {"dtype", "shape", "data"}, and numbers that JSON cannot hold as strings."""
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "shape": list(value.shape), "data": _plain(value.tolist())}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return str(value) if isinstance(value, complex) or (isinstance(value, float) and not np.isfinite(value)) else value
