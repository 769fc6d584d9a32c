"""Find how many entries of its inputs a call of a student's code moves a little, to see what changes: `displaced`.

Finite differences need the function at points beside the given one; a formula does not. This file alone is sent into
the process that holds the student's code, so it imports nothing of Chainrule.
"""

import contextlib
import copy
import io
import os
import sys
import threading
import types
import warnings

import numpy as np

__all__ = ["displaced"]

FILE = "<check>"
MAX_LINES, MAX_CALLS, MAX_BYTES, MAX_DEPTH, MAX_ITEMS = 4_000, 20_000, 30_000_000, 3, 100
# Sizes of steps, relative to the largest entry: what is smaller may be rounding, what is larger is another point.
ROUNDING, NEAR = 1e-10, 1e-2
TRANSFORMS = 1e-18, 1e-14  # the imaginary parts that a Fourier transform and its inverse leave
SKIPPED = types.ModuleType | types.FunctionType | type | str | int
NUMPY = os.path.dirname(np.__file__) + os.sep


def displaced(call, inputs, names, namespace):
    """Run the call; return an integer array (len(names), 3) with a row for each of these inputs: its size, how many
    entries were moved, and how many of them in a way that can leave no trace in the result.

    Moved are entries in copies of the input where the others are the same, and in pairs of copies to both sides of the
    input. No trace is left by imaginary steps, those in a longer floating-point type, and large ones of one length.
    """
    points = [np.array(inputs[name], float) for name in names]
    arrays = _arrays_seen(call, inputs, namespace, {point.size for point in points})
    return np.array([_counts(point, arrays) for point in points]).reshape(len(names), 3)


def _arrays_seen(call, inputs, namespace, sizes):
    """Return the different arrays that the call works with, of those that can hold an input of one of these sizes."""
    for watched in (True, False):  # code that rejects a subclass of ndarray is not wrong
        seen = _Seen(sizes)
        copies = {n: v.copy() if isinstance(v, np.ndarray) else copy.deepcopy(v) for n, v in inputs.items()}
        if watched:
            copies = {n: v.view(seen.Watched) if isinstance(v, np.ndarray) else v for n, v in copies.items()}
        with contextlib.suppress(Exception):
            _run(call, copies, namespace, seen)
            break
    seen.add(seen.derived)
    return list(seen.arrays.values())


def _run(call, inputs, namespace, seen):
    """Execute the call quietly and add what its functions hold in their variables, line by line."""
    scope, quiet = {**namespace, **inputs}, io.StringIO()
    code = compile(call, FILE, "exec")
    givens = list(inputs.values())

    def trace(frame, event, arg):
        name = frame.f_code.co_filename
        if name in (FILE, __file__) or name.startswith(NUMPY) or frame.f_code.co_name == "<module>":
            return None
        seen.calls, seen.lines = seen.calls + (event == "call"), seen.lines + (event != "call")
        if seen.full():
            sys.settrace(None)
            return None
        seen.add(givens)
        seen.add(frame.f_locals.values())
        return trace if seen.lines <= MAX_LINES else None

    previous, previous_for_threads = sys.gettrace(), threading.gettrace()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.settrace(trace)
        threading.settrace(trace)
        try:
            exec(code, scope)
        finally:
            sys.settrace(previous)
            threading.settrace(previous_for_threads)


class _Seen:
    """Collects arrays by value. derived: the arrays that were computed from those of the class Watched."""

    def __init__(self, sizes):
        self.sizes, self.arrays, self.derived = sizes, {}, []
        self.calls = self.lines = self.bytes = 0

        class Watched(np.ndarray):
            def __array_finalize__(self, base, seen=self):
                if type(base) is Watched and seen.holds_input(self) and not seen.full():
                    seen.bytes += self.nbytes
                    seen.derived.append(self)

        self.Watched = Watched

    def full(self):
        return self.calls > MAX_CALLS or self.bytes > MAX_BYTES

    def holds_input(self, array):
        return array.dtype.kind in "fc" and any(_holds(array.size, size) for size in self.sizes)

    def add(self, values, depth=0):
        """Add the arrays among the values and in lists, dicts and attributes."""
        for value in list(values):
            if isinstance(value, np.ndarray):
                if self.holds_input(value):
                    self._keep((value.dtype.char, value.shape, value.tobytes()), value.view(np.ndarray))
            elif isinstance(value, complex) or (isinstance(value, float) and 1 in self.sizes):
                self._keep(value, np.array(value))
            elif depth < MAX_DEPTH and not isinstance(value, SKIPPED):
                items = value if isinstance(value, list | tuple | dict) else getattr(value, "__dict__", ())
                if isinstance(items, list | tuple | dict) and len(items) <= MAX_ITEMS:
                    self.add(items.values() if isinstance(items, dict) else items, depth + 1)

    def _keep(self, key, array):
        if key not in self.arrays and self.bytes <= MAX_BYTES:
            self.bytes += array.nbytes
            self.arrays[key] = array.copy()


def _counts(point, arrays):
    """Return (size, entries that were moved, those that were moved without leaving a trace)."""
    moved, traceless = np.zeros((2, point.size), bool)
    rows = {kind: [] for kind in ("short", "long", "complex")}
    for array in arrays:
        rows[_kind(array)] += _as_rows(array, point)
    for kind, found in rows.items() if np.any(point) else ():
        if found and kind == "complex":
            traceless |= _moved_sideways(np.concatenate(found), point)
        elif found:
            small = _moved_entries(np.concatenate(found), point)
            moved |= small
            traceless |= small & (kind == "long")
    copies = [array.reshape(1, -1) for array in arrays if array.size == point.size and _kind(array) == "short"]
    if copies and len(np.unique(point)) == point.size:  # else a copy with one entry replaced looks the same
        traceless |= _by_one_step(np.concatenate(copies) - point.reshape(-1), np.max(np.abs(point)))
    numbers = np.array([a for a in arrays if a.ndim == 0 and a.dtype.kind == "c" and a.real and a.imag])
    traceless |= np.isin(point.ravel(), numbers.real)
    return point.size, np.sum(moved | traceless), np.sum(traceless)


def _kind(array):
    return "complex" if array.dtype.kind == "c" else "long" if array.dtype.itemsize > 8 else "short"


def _holds(size, of_point):
    """Whether an array of this size may be copies of a point: there are at most four for each of its entries."""
    return 0 < of_point <= size <= 4 * of_point**2 and size % of_point == 0


def _as_rows(array, point):
    """Yield an array as rows of the size of the point, in the orders in which a batch of copies may be laid out."""
    if _holds(array.size, point.size):
        yield array.reshape(-1, point.size)
        if point.ndim == 2 and array.shape == point.shape[::-1]:
            yield array.T.reshape(1, -1)
        if array.size > point.size > 1:
            yield array.reshape(point.size, -1).T


def _moved_entries(rows, point):
    """Return a mask of the entries that are moved by small steps in rows that are copies of the point."""
    with np.errstate(all="ignore"):
        steps = rows - point.reshape(-1).astype(rows.dtype)
        sizes = np.abs(steps).astype(float) / np.max(np.abs(point))
        steps[sizes < ROUNDING] = sizes[sizes < ROUNDING] = 0  # such as what x += h and x -= h leave behind
        longest, counts = np.max(sizes, axis=1), np.sum(steps != 0, axis=1)
        alike = np.all((steps == 0) | (np.abs(sizes - longest[:, None]) <= 1e-3 * longest[:, None]), axis=1)
        few = alike & (counts > 0) & (counts <= point.size // 2)
        near, same = (longest > 0) & (longest < NEAR), 1e-3 * ROUNDING * np.max(np.abs(point))
        return _entries(steps[few & near]) | _on_both_sides(steps[near], same)


def _moved_sideways(rows, point):
    """Return a mask of the entries with an imaginary step, in rows whose real part is the point."""
    steps = rows.imag[np.all(rows.real == point.reshape(-1), axis=1)]
    sizes = np.abs(steps) / np.max(np.abs(point))
    alike = np.all((steps == 0) | (steps == np.max(steps, axis=1, keepdims=True)), axis=1)
    noise = np.any((sizes > TRANSFORMS[0]) & (sizes < TRANSFORMS[1]), axis=1)
    return _entries(steps[alike & ~noise])


def _entries(steps):
    return np.any(steps != 0, axis=0)


def _on_both_sides(steps, same):
    """The entries of the steps whose opposite is there, too, up to a length that is the `same`."""
    steps = steps[:MAX_ITEMS]
    sums = np.max(np.abs(steps[:, None] + steps), axis=2, initial=0.0)
    return _entries(steps[np.any(sums <= same, axis=1)])


def _by_one_step(steps, scale):
    """The entries that are moved by one and the same length, in rows with one step; none if fewer than three."""
    with np.errstate(all="ignore"):
        steps = np.where(np.abs(steps) < ROUNDING * scale, 0, steps)  # such as what x += 1 and x -= 1 leave behind
        steps = steps[np.sum(steps != 0, axis=1) == 1]
        lengths = np.abs(np.sum(steps, axis=1))
        groups = [
            np.abs(lengths - n) <= 1e-6 * n for n in np.unique(lengths[np.isfinite(lengths)].round(9))[:MAX_ITEMS]
        ]
    found = max((_entries(steps[group]) for group in groups), key=np.sum, default=np.zeros(steps.shape[1], bool))
    return found & (np.sum(found) > 2)
