"""Run one call of a student's code and bring the answer back as plain arrays.

This file alone is sent into the process that holds the student's code, so it imports nothing of Chainrule.
`respond` takes a request and returns a reply, both JSON texts; `execute` does the work; `encode` and `decode` turn
arrays into JSON and back without pickle. `decode` validates everything it reads.
"""

import base64
import contextlib
import copy
import functools
import io
import json
import math
import os
import sys
import threading
import time
import traceback
import tracemalloc
import warnings

import numpy as np

try:
    import resource
except ImportError:  # Windows
    resource = None

__all__ = [
    "BadReply",
    "decode",
    "describe_error",
    "encode",
    "execute",
    "measure",
    "plain_array",
    "respond",
    "respond_all",
]

DTYPES = {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"}
MAX_BYTES = 8_000_000
FILE = "<check>"
_compiled = functools.lru_cache(maxsize=1000)(compile)
NOT_STUDENTS = ("site-packages", os.path.join("chainrule", "judging"), "<runner>")


class BadReply(Exception):
    """A value that is not a plain array, or whose claimed size is wrong."""


def plain_array(value, max_bytes=MAX_BYTES):
    """Return a number, array or (nested) list of numbers as an exact ndarray of a plain dtype; else raise BadReply."""
    if value is None:
        raise BadReply("it is None: is a return statement missing?")
    if isinstance(value, str | bytes | dict | set):
        raise BadReply(f"it is of type {type(value).__name__}, not numbers")
    if type(value) is np.ndarray:
        _require_small(value, max_bytes)  # before it is copied
    try:
        array = np.array(value, subok=False)
    except Exception:
        raise BadReply(f"it is of type {type(value).__name__}, which is not an array of numbers") from None
    if array.dtype == np.longdouble:
        array = array.astype(np.float64)
    if array.dtype.newbyteorder("<").str not in DTYPES and array.dtype.str not in DTYPES:
        raise BadReply(f"it is of type {type(value).__name__} with dtype {array.dtype}, not numbers")
    _require_small(array, max_bytes)
    return array


def _require_small(array, max_bytes):
    if array.nbytes > max_bytes:
        raise BadReply(f"it holds {array.nbytes} bytes, more than the {max_bytes} allowed")


def encode(array):
    """Return an array as a JSON-able dict."""
    array = np.ascontiguousarray(array).reshape(np.shape(array))
    array = array.astype(array.dtype.newbyteorder("<"))
    data = base64.b64encode(array.tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


def decode(packed, max_bytes=MAX_BYTES):
    """Return the array of `encode`, of at most `max_bytes` bytes; anything else raises BadReply."""
    if not isinstance(packed, dict) or set(packed) != {"dtype", "shape", "data"}:
        raise BadReply("it is not an array")
    dtype, shape, data = packed["dtype"], packed["shape"], packed["data"]
    if not (isinstance(dtype, str) and isinstance(data, str) and isinstance(shape, list)):
        raise BadReply("it is not an array of numbers")
    if dtype not in DTYPES or len(shape) > 32:
        raise BadReply("it is not an array of numbers")
    if not all(type(n) is int and 0 <= n <= max_bytes for n in shape) or math.prod(n for n in shape if n) > 2**50:
        raise BadReply("its shape is not a list of sizes")
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError:
        raise BadReply("its bytes are garbled") from None
    if len(raw) > max_bytes or len(raw) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise BadReply("its size is not the one it claims")
    return np.frombuffer(raw, dtype).reshape(shape).copy()


def execute(call, inputs, outputs, namespace, layout="C", max_bytes=MAX_BYTES):
    """Run the text `call` with the inputs as variables; return the named variables as plain arrays.

    Student functions come from `namespace`. layout "strided" passes arrays that are not contiguous in memory.
    """
    copies = _copy_inputs(inputs, layout)
    # An output that is an input is the array that was passed, even if the call rebinds its variable.
    scope = _run(call, copies, namespace) | copies
    arrays = {}
    for name in outputs:
        try:
            arrays[name] = plain_array(scope[name], max_bytes)
        except BadReply as error:
            raise BadReply(f"{name} cannot be compared: {error}") from None
    return arrays


def measure(call, inputs, namespace, outputs=()):
    """Return what running the call costs: bytecodes in Python frames, array views made, peak bytes allocated.

    Each cost has a run of its own. The named outputs of the run for "steps" are in the result as "steps of NAME", and
    so on: a shortcut that is taken only while something is measured gives a wrong value there.
    """
    costs = {"steps": _count_steps, "views": _count_views, "peak": _peak_bytes}
    found = {}
    # A debugging print of an array is not work done for the answer: numpy formats few entries, however many there are.
    with np.printoptions(threshold=0, edgeitems=1), _in_this_process():
        for cost, count in costs.items():
            found[cost], scope = count(call, inputs, namespace)
            found |= {f"{cost} of {name}": scope[name] for name in outputs}
    return found


@contextlib.contextmanager
def _in_this_process():
    """Raise BadReply if another process, which nothing here measures, did a part of the work and has ended."""
    before = _seconds_of_children()
    yield
    if _seconds_of_children() > before:
        raise BadReply("it lets other processes work, so that what it costs could not be measured")


def _seconds_of_children():
    if resource is None:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def respond(request, namespace):
    """Answer a JSON request {call, inputs, outputs, layout, measure, max_bytes} in JSON, as base64; never raises."""
    return _packed(_answer(request, namespace))


def respond_all(requests, namespace, seconds, max_bytes):
    """Answer JSON requests in a row as a JSON list, as base64. Stops once the seconds or the bytes are used up."""
    replies, size, start = [], 0, time.perf_counter()
    for request in requests:
        reply = _answer(request, namespace)
        size += len(json.dumps(reply))
        if size > max_bytes or reply.get("error", {}).get("type") == "KeyboardInterrupt":
            break
        replies.append(reply)
        if time.perf_counter() - start > seconds:
            break
    return _packed(replies)


def _packed(reply):
    return base64.b64encode(json.dumps(reply).encode()).decode()


def _answer(request, namespace):
    try:
        task = json.loads(request)
        inputs = {n: decode(v) if isinstance(v, dict) else v for n, v in task["inputs"].items()}
        if task["measure"]:
            costs = measure(task["call"], inputs, namespace, task["outputs"])
            outputs = {name: plain_array(value, task["max_bytes"]) for name, value in costs.items()}
        else:
            outputs = execute(task["call"], inputs, task["outputs"], namespace, task["layout"], task["max_bytes"])
        return {"outputs": {name: encode(value) for name, value in outputs.items()}}
    except BaseException as error:
        return {"error": describe_error(error)}


def describe_error(error):
    """Return {type, message, line} of an exception, short texts; line is the student's line of code that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    check_frames = [number for number, frame in enumerate(frames) if frame.filename == FILE]
    called = frames[check_frames[-1] + 1 :] if check_frames else []
    student_lines = [f.line for f in called if not any(part in f.filename for part in NOT_STUDENTS)]
    line = next((text for text in reversed(student_lines) if text), "")
    kind, message = _one_line(lambda: type(error).__name__), _one_line(lambda: str(error))
    return {"type": kind[:80] or "an exception", "message": message[:300], "line": line.strip()[:200]}


def _one_line(text):
    """The text that text() returns, on one line; "" if it raises: str() of a student's exception may do anything."""
    try:
        return " ".join(text().split())
    except BaseException:
        return ""


def _run(call, inputs, namespace):
    """Execute the call quietly; return its variables."""
    scope = {**namespace, **inputs}
    code = _compiled(call, FILE, "exec")
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(code, scope)
    return scope


def _copy_inputs(inputs, layout="C"):
    return {name: _lay_out(value, layout) for name, value in inputs.items()}


def _lay_out(value, layout):
    if not isinstance(value, np.ndarray):
        return copy.deepcopy(value)
    if layout == "C" or value.ndim == 0:
        return value.copy()
    return np.repeat(value, 2, axis=-1)[..., ::2]


def _count_steps(call, inputs, namespace):
    """Count the bytecodes executed in Python frames."""
    count = 0

    def step(*_):
        nonlocal count
        count += 1

    with _stepping(step):
        scope = _run(call, _copy_inputs(inputs), namespace)
    return count, scope


@contextlib.contextmanager
def _stepping(step):
    """Call step for every bytecode of this thread and of those it starts; BadReply if that was switched off meanwhile.

    By sys.monitoring (Python 3.12), before that by a trace function.

    The kernel has other threads, whose work does not belong to the answer.
    """
    if monitoring := getattr(sys, "monitoring", None):
        tool, event = 4, monitoring.events.INSTRUCTION
        others = set(sys._current_frames()) - {threading.get_ident()}

        def count(*event_arguments):
            if threading.get_ident() not in others:
                step(*event_arguments)

        monitoring.use_tool_id(tool, "chainrule")
        monitoring.register_callback(tool, event, count)
        monitoring.set_events(tool, event)
        try:
            yield
            _require(monitoring.get_tool(tool) == "chainrule" and monitoring.get_events(tool) == event)
            _require(monitoring.register_callback(tool, event, None) is count)
        finally:
            if monitoring.get_tool(tool) is not None:
                monitoring.set_events(tool, 0)
                monitoring.free_tool_id(tool)
        return

    def trace(frame, event, arg):
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            step()
        return trace

    previous, previous_of_threads = sys.gettrace(), threading.gettrace()
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield
        _require(sys.gettrace() is trace)
    finally:
        sys.settrace(previous)
        threading.settrace(previous_of_threads)


def _require(measured):
    if not measured:
        raise BadReply("what it costs could not be measured")


def _count_views(call, inputs, namespace):
    """Count the arrays derived from the inputs: a loop hidden in map() takes one row at a time."""
    count = 0

    class Counted(np.ndarray):
        def __array_finalize__(self, obj):
            nonlocal count
            count += 1

    counted = {n: v.view(Counted) if isinstance(v, np.ndarray) else v for n, v in inputs.items()}
    count = 0
    try:
        scope = _run(call, _copy_inputs(counted), namespace)
    except Exception:
        return 0, _run(call, _copy_inputs(inputs), namespace)  # code that rejects a subclass is not wrong
    return count, scope


def _peak_bytes(call, inputs, namespace):
    """Return the largest memory allocated at one time during the call."""
    tracemalloc.start()
    try:
        known = bytearray(1000)
        scope = _run(call, _copy_inputs(inputs), namespace)
        _require(tracemalloc.is_tracing() and tracemalloc.get_object_traceback(known) is not None)
        return tracemalloc.get_traced_memory()[1], scope
    finally:
        tracemalloc.stop()
