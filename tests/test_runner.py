import base64
import importlib.util
import json
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest

from chainrule.judging import runner
from chainrule.judging.runner import BadReply, decode, encode, execute, measure, plain_array, respond

ALL_DTYPES = sorted(runner.DTYPES)


def packed(dtype="<f8", shape=(2,), data=None):
    """Return the encoding of an array of two ones, with these fields changed."""
    good = encode(np.ones(2))
    return {"dtype": dtype, "shape": list(shape), "data": good["data"] if data is None else data}


def request_json(call, outputs=(), **changes):
    """Return a request in JSON, as the grader sends it."""
    request = {"call": call, "inputs": {}, "outputs": list(outputs), "layout": "C", "measure": False, "max_bytes": 1000}
    return json.dumps(request | changes)


@pytest.fixture
def student(tmp_path):
    """Import a module from the text of a student's file; its lines can then be read by a traceback."""

    def load(text):
        path = tmp_path / "submitted_file.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("submitted_file", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return vars(module)

    return load


# Arrays, encoded and decoded.


@pytest.mark.parametrize("dtype", ALL_DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (2, 3)], ids=str)
def test_every_plain_dtype_comes_back_as_it_was(dtype, shape):
    size = int(np.prod(shape))
    original = (np.arange(1, size + 1) % 2).astype(dtype).reshape(shape)
    # Through JSON text, as between two processes.
    got = decode(json.loads(json.dumps(encode(original))))
    assert got.dtype == np.dtype(dtype)
    assert got.shape == shape
    np.testing.assert_array_equal(got, original)
    assert got.flags.writeable


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[:, ::2],
        lambda a: a[::-1, ::-1],
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[0], (5, 4)),
        lambda a: a[1, 2],
    ],
    ids=["transposed", "strided", "reversed", "fortran", "broadcast", "scalar"],
)
def test_layout_in_memory_does_not_matter(view):
    original = view(np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(decode(encode(original)), original)


@pytest.mark.parametrize("dtype", [">f8", ">i2", ">c16"])
def test_big_endian_values_survive(dtype):
    original = np.array([1, 2, 300], dtype)
    got = decode(encode(original))
    assert got.dtype.str.startswith("<")
    np.testing.assert_array_equal(got, original)


def test_infinities_nan_and_minus_zero_survive():
    got = decode(encode(np.array([np.inf, -np.inf, np.nan, -0.0])))
    np.testing.assert_array_equal(got, [np.inf, -np.inf, np.nan, 0.0])
    assert np.signbit(got[3])


@pytest.mark.parametrize(
    ("forged", "message"),
    [
        (None, "not an array"),
        ([1, 2], "not an array"),
        ("array", "not an array"),
        ({}, "not an array"),
        ({"dtype": "<f8", "shape": [2]}, "not an array"),
        (packed() | {"more": 1}, "not an array"),
        (packed(dtype="|O"), "not an array of numbers"),
        (packed(dtype="<U1"), "not an array of numbers"),
        (packed(dtype="<M8[s]"), "not an array of numbers"),
        (packed(dtype=">f8"), "not an array of numbers"),
        (packed(dtype="float64"), "not an array of numbers"),
        (packed(dtype=None), "not an array of numbers"),
        (packed(data=7), "not an array of numbers"),
        (packed() | {"shape": 2}, "not an array of numbers"),
        (packed() | {"shape": "2"}, "not an array of numbers"),
        (packed(shape=[1] * 33), "not an array of numbers"),
        (packed(shape=[-2]), "not a list of sizes"),
        (packed(shape=[-1, -2]), "not a list of sizes"),
        (packed(shape=[True, 2]), "not a list of sizes"),
        (packed(shape=[2.0]), "not a list of sizes"),
        (packed(shape=["2"]), "not a list of sizes"),
        (packed(shape=[10**12]), "not a list of sizes"),
        # numpy refuses to shape nothing into something that would be too large.
        (packed(shape=[0, *[64_000_000] * 4], data=""), "not a list of sizes"),
        (packed() | {"dtype": []}, "not an array of numbers"),
        (packed(data="***"), "garbled"),
        (packed(data="AAA"), "garbled"),
        (packed(data="AAAA AAAA"), "garbled"),
        (packed(data="é" * 8), "garbled"),
        (packed(shape=[3]), "not the one it claims"),
        (packed(shape=[]), "not the one it claims"),
        (packed(shape=[0]), "not the one it claims"),
        (packed(dtype="<f4"), "not the one it claims"),
        (packed(data=""), "not the one it claims"),
        # 10^14 bytes are claimed; nothing of that size may be set aside before the bytes are counted.
        (packed(shape=[8_000_000, 1_000_000]), "not the one it claims"),
    ],
)
def test_decode_refuses_what_is_not_a_plain_array(forged, message):
    with pytest.raises(BadReply, match=message):
        decode(forged)


def test_decode_refuses_more_bytes_than_allowed():
    with pytest.raises(BadReply, match="its size"):
        decode(packed(), max_bytes=15)


# What counts as an array of numbers.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (2.5, 2.5),
        (True, True),
        (1j, 1j),
        ([1, 2], [1, 2]),
        (((1.0, 2.0), (3.0, 4.0)), [[1, 2], [3, 4]]),
        ([np.float64(1), np.float32(2)], [1, 2]),
        (range(3), [0, 1, 2]),
        ([], []),
        (np.longdouble(2.5), 2.5),
    ],
)
def test_numbers_and_lists_of_numbers_are_arrays(value, expected):
    got = plain_array(value)
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, expected)


def test_longdouble_becomes_float64():
    assert plain_array(np.ones(2, np.longdouble)).dtype == np.float64


@pytest.mark.parametrize("kind", [np.matrix, np.ma.masked_array, np.recarray], ids=lambda kind: kind.__name__)
def test_a_subclass_of_ndarray_loses_its_own_behaviour(kind):
    class Liar(np.ndarray):
        def __eq__(self, other):
            return True

    for array in (np.ones((2, 2)).view(Liar), np.ones((2, 2)).view(kind)):
        assert type(plain_array(array)) is np.ndarray


def test_plain_copies():
    array = np.ones(2)
    assert not np.shares_memory(plain_array(array), array)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "None: is a return statement missing"),
        ("1.0", "of type str, not numbers"),
        (b"1.0", "of type bytes, not numbers"),
        ({"loss": 1}, "of type dict, not numbers"),
        ({1, 2}, "of type set, not numbers"),
        ([[1], [2, 3]], "of type list, which is not an array of numbers"),
        ([1, "a"], "list with dtype <U"),
        ([1, None], "list with dtype object"),
        (np.array([1, None]), "ndarray with dtype object"),
        (np.array(["a"]), "ndarray with dtype <U1"),
        (np.array(["2020"], "M8[Y]"), "dtype datetime64"),
        (np.zeros(2, [("x", float)]), "not numbers"),
        (10**30, "int with dtype object"),
        (iter([1, 2]), "list_iterator with dtype object"),
        (len, "dtype object"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_objects_without_numbers_are_refused_by_type(value, message):
    with pytest.raises(BadReply, match=message):
        plain_array(value)


def test_an_object_that_fails_to_become_an_array_is_refused():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("no")

    with pytest.raises(BadReply, match="of type Broken, which is not an array of numbers"):
        plain_array(Broken())


def test_an_array_that_is_too_large_is_refused():
    # Ten float64 are 80 bytes.
    with pytest.raises(BadReply, match="80 bytes, more than the 79 allowed"):
        plain_array(np.zeros(10), max_bytes=79)


# Running a call.


def test_execute_returns_the_named_variables():
    outputs = execute("a = f(x)\nb = a + 1", {"x": np.arange(3)}, ["b"], {"f": lambda x: 2 * x})
    assert list(outputs) == ["b"]
    assert outputs["b"].tolist() == [1, 3, 5]


def test_the_callers_arrays_are_never_changed():
    x = np.ones(3)
    assert execute("x += 1", {"x": x}, ["x"], {})["x"].tolist() == [2, 2, 2]
    assert x.tolist() == [1, 1, 1]


def test_the_namespace_gets_no_new_names():
    names = {}
    execute("a = 1", {}, ["a"], names)
    assert names == {}


def test_a_rebound_input_name_does_not_hide_the_input():
    outputs = execute("swap()\nx[0] = 7\nx = 3", {"x": np.ones(2)}, ["x"], {"swap": lambda: None})
    assert outputs["x"].tolist() == [7, 1]


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 1), (2, 3, 4)], ids=str)
def test_strided_layout_is_really_not_contiguous(shape):
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    call = "flags = [x.flags.c_contiguous, x.flags.f_contiguous]"
    outputs = execute(call, {"x": x}, ["flags", "x"], {}, "strided")
    assert outputs["flags"].tolist() == [False, False]
    np.testing.assert_array_equal(outputs["x"], x)
    assert execute(call, {"x": x}, ["flags"], {})["flags"][0]


def test_strided_layout_is_a_copy_and_leaves_numbers_alone():
    x = np.ones(3)
    outputs = execute("x += n\ny = z + 1", {"x": x, "n": 2, "z": np.array(1.0)}, ["x", "y"], {}, "strided")
    assert outputs["x"].tolist() == [3, 3, 3]
    assert (outputs["y"], outputs["y"].shape) == (2, ())
    assert x.tolist() == [1, 1, 1]


def test_prints_and_warnings_are_silenced(capfd):
    # A warning would be an error here, as all warnings are in these tests.
    call = "import sys\nprint('hello')\nprint('oops', file=sys.stderr)\ny = np.log(np.zeros(1))"
    assert execute(call, {}, ["y"], {"np": np})["y"] == -np.inf
    assert capfd.readouterr() == ("", "")


def test_the_name_of_a_bad_output_is_in_the_message():
    with pytest.raises(BadReply, match="^dW cannot be compared: it is None: is a return statement missing"):
        execute("loss, dW = 1.0, None", {}, ["loss", "dW"], {})


# Requests and replies as text.


def reply_of(text):
    return json.loads(base64.b64decode(text, validate=True))


def test_respond_runs_a_call_on_arrays_and_numbers():
    inputs = {"x": encode(np.array([1.0, 2.0])), "k": 3}
    reply = reply_of(respond(request_json("y = k * x", ["y"], inputs=inputs), {}))
    assert decode(reply["outputs"]["y"]).tolist() == [3, 6]


def test_respond_measures():
    reply = reply_of(respond(request_json("y = x + 1", inputs={"x": encode(np.ones(3))}, measure=True), {}))
    assert set(reply["outputs"]) == {"steps", "views", "peak"}
    assert decode(reply["outputs"]["steps"]) > 0


def test_an_error_has_type_message_and_the_students_line(student):
    names = student("import numpy as np\n\ndef f(x):\n    y = x + 1\n    return np.dot(y, np.ones(99))\n")
    reply = reply_of(respond(request_json("f(x)", inputs={"x": encode(np.ones(2))}), names))
    error = reply["error"]
    assert error["type"] == "ValueError"
    assert "not aligned" in error["message"]
    assert error["line"] == "return np.dot(y, np.ones(99))"


def test_the_line_is_the_students_innermost_not_numpys(student):
    # np.linalg.inv raises inside numpy's own Python code.
    names = student("import numpy as np\n\ndef g(x):\n    return np.linalg.inv(x)\n\ndef f(x):\n    return g(x)\n")
    error = reply_of(respond(request_json("f(x)", inputs={"x": encode(np.zeros((2, 2)))}), names))["error"]
    assert (error["type"], error["line"]) == ("LinAlgError", "return np.linalg.inv(x)")


def test_a_message_is_one_short_line(student):
    names = student("def f():\n    raise ValueError('a\\n\\n  b' + 'c' * 1000)\n")
    message = reply_of(respond(request_json("f()"), names))["error"]["message"]
    assert message.startswith("a b")
    assert len(message) == 300


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise SystemExit(3)", "SystemExit"),
        ("import sys; sys.exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise NotImplementedError", "NotImplementedError"),
        ("f()", "RecursionError"),
        ("raise type('Odd', (BaseException,), {})", "Odd"),
    ],
)
def test_whatever_is_raised_becomes_a_reply(student, body, kind):
    error = reply_of(respond(request_json("f()"), student(f"def f():\n    {body}\n")))["error"]
    assert (error["type"], error["line"]) == (kind, body)


def test_an_exception_that_cannot_be_printed_becomes_a_reply(student):
    names = student("class E(Exception):\n    def __str__(self):\n        return 1 / 0\n\ndef f():\n    raise E\n")
    error = reply_of(respond(request_json("f()"), names))["error"]
    assert (error["type"], error["message"]) == ("E", "")


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        request_json("x ="),
        request_json("x = 1", inputs=None),
        request_json("", ["x"]),
        request_json("", inputs={"x": {}}),
    ],
)
def test_a_bad_request_becomes_an_error_reply(request_text):
    assert set(reply_of(respond(request_text, {}))["error"]) == {"type", "message", "line"}


def test_an_answer_that_is_not_numbers_becomes_a_bad_reply():
    error = reply_of(respond(request_json("x = 'ten points'", ["x"]), {}))["error"]
    assert error["type"] == "BadReply"
    assert error["message"] == "x cannot be compared: it is of type str, not numbers"


# What a call costs.


def costs(function, N, D=3):
    rng = np.random.default_rng(0)
    return measure("f(X, W)", {"X": rng.normal(size=(N, D)), "W": rng.normal(size=(D, 4))}, {"f": function})


def test_vectorised_code_takes_the_same_steps_at_any_size():
    def vectorised(X, W):
        return np.sum(np.maximum(0, X @ W), axis=1)

    small, large = costs(vectorised, 20), costs(vectorised, 200)
    assert small["steps"] > 0
    assert (small["steps"], small["views"]) == (large["steps"], large["views"])


@pytest.mark.parametrize(
    "loop",
    [
        lambda X, W: [x @ W for x in X],
        lambda X, W: np.vectorize(lambda i: X[i].sum())(np.arange(len(X))),
        lambda X, W: np.apply_along_axis(np.sum, 1, X),
    ],
    ids=["comprehension", "np.vectorize", "apply_along_axis"],
)
def test_the_steps_of_a_loop_grow_with_the_input(loop):
    # 180 more rows, each with at least five bytecodes.
    assert costs(loop, 200)["steps"] > costs(loop, 20)["steps"] + 5 * 180


def test_a_loop_hidden_in_map_shows_in_the_rows_it_takes():
    def hidden(X, W):
        return list(map(W.T.dot, X))

    small, large = costs(hidden, 20), costs(hidden, 200)
    # The loop runs in C, so no step of Python is added; every row it takes is a new array.
    assert small["steps"] == large["steps"]
    assert large["views"] >= small["views"] + 180


def test_code_that_refuses_a_subclass_of_ndarray_is_not_penalised():
    def strict(X, W):
        if type(X) is not np.ndarray:
            raise TypeError("plain arrays only")
        return X @ W

    assert costs(strict, 20)["views"] == 0


def test_peak_memory_shows_a_broadcast_array():
    X, Y = np.ones((60, 50)), np.ones((70, 50))
    inputs = {"X": X, "Y": Y}
    peak = measure("d = ((X[:, None] - Y[None]) ** 2).sum(axis=2)", inputs, {})["peak"]
    product = measure("d = (X**2).sum(1)[:, None] - 2 * X @ Y.T + (Y**2).sum(1)", inputs, {})["peak"]
    # (N, M, D) float64; the result and the copies of the inputs are (N, M) + (N, D) + (M, D).
    assert peak > 60 * 70 * 50 * 8
    assert product < 60 * 70 * 50 * 8 / 4


def test_measuring_leaves_the_callers_tracer_and_inputs_alone():
    def mine(frame, event, arg):
        return None

    X, before = np.ones(3), sys.gettrace()
    sys.settrace(mine)
    try:
        measure("X += 1", {"X": X}, {})
        assert sys.gettrace() is mine
    finally:
        sys.settrace(before)
    assert X.tolist() == [1, 1, 1]


def test_steps_of_other_threads_are_not_counted():
    stop = threading.Event()

    def spin():
        while not stop.is_set():
            sum(range(10))

    call, inputs = "y = [v + 1 for v in x]", {"x": np.arange(2000)}
    alone, _ = runner._count_steps(call, inputs, {})
    threads = [threading.Thread(target=spin) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert [runner._count_steps(call, inputs, {})[0] for _ in range(5)] == [alone] * 5
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_the_outputs_of_every_measured_run_come_back():
    found = measure("n = f(x)", {"x": np.ones(3)}, {"f": len}, ["n"])
    assert {name: found[f"{name} of n"] for name in ("steps", "views", "peak")} == {"steps": 3, "views": 3, "peak": 3}


def in_a_thread(X, W):
    found = []
    thread = threading.Thread(target=lambda: found.extend([x @ W for x in X]))
    thread.start()
    thread.join()
    return found


def test_the_steps_of_threads_that_a_call_starts_are_counted():
    assert costs(in_a_thread, 200)["steps"] > costs(in_a_thread, 20)["steps"] + 5 * 180


def without_tracer(X, W):
    if monitoring := getattr(sys, "monitoring", None):
        monitoring.set_events(4, 0)
    else:
        sys.settrace(None)
    return X @ W


def with_own_tool(X, W):
    if monitoring := getattr(sys, "monitoring", None):
        monitoring.free_tool_id(4)
    else:
        sys.settrace(lambda *_: None)
    return X @ W


def without_tracemalloc(X, W):
    tracemalloc.stop()
    return X @ W


def with_cleared_traces(X, W):
    tracemalloc.clear_traces()
    return X @ W


def in_another_process(X, W):
    subprocess.run([sys.executable, "-c", "sum(range(1000))"], check=True)
    return X @ W


@pytest.mark.parametrize(
    "function", [without_tracer, with_own_tool, without_tracemalloc, with_cleared_traces, in_another_process]
)
def test_what_cannot_be_measured_is_not_taken_for_little_work(function):
    tracing = sys.gettrace()
    try:
        with pytest.raises(BadReply, match="could not be measured"):
            costs(function, 20)
    finally:
        sys.settrace(tracing)
    assert costs(lambda X, W: X @ W, 20)["steps"] > 0  # and the next call is measured
