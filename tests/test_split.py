"""Flags and other outputs that follow from arrays are worked out from what comes back, not beside a student's code."""

import numpy as np
import pytest

from autograder.tasks.split import split_call
from chainrule.judging.derive import derive, extents
from chainrule.judging.exam import Case
from chainrule.judging.runner import BadReply


def split(call, *outputs, inputs=("x", "y"), objects=frozenset()):
    return split_call(call, inputs, outputs, objects)


def test_a_flag_is_worked_out_from_the_array_that_comes_back():
    found = split("out = f(x)\nkept = out.dtype == np.float32", "kept", "out", "x")
    assert (found.call, found.returned, found.after) == ("out = f(x)", ("out", "x"), "kept = out.dtype == np.float32")


@pytest.mark.parametrize(
    "line",
    [
        "flag = f(x) > 0",
        "flag = other(out)",
        "flag = out is x",
        "flag = np.shares_memory(out, x)",
        "flag = isinstance(out, tuple)",
        "flag = out",
        "flag = (lambda a: a.any())(out)",
        "flag[0] = out.any()",
        "try:\n    flag = out.any()\nexcept ValueError:\n    flag = False",
    ],
)
def test_what_calls_the_student_or_needs_the_object_itself_stays(line):
    assert split(f"out = f(x)\n{line}", "flag") is None


def test_what_follows_from_the_inputs_alone_is_made_anew():
    found = split("big = x * 2\nout = f(big.copy())\nsame = np.all(out == big)", "same")
    assert (found.returned, found.after) == (("out",), "big = x * 2\nsame = np.all(out == big)")
    assert found.known == ("big", "x")


def test_what_a_loop_fills_comes_back():
    found = split("found = []\nfor _ in range(2):\n    found.append(f(x))\nsame = np.all(found[0] == found[1])", "same")
    assert (found.returned, found.after) == (("found",), "same = np.all(found[0] == found[1])")


def test_a_variable_that_is_set_again_for_the_student_is_not_read_later():
    assert split("out = f(x)\nflag = out.any()\nout = f(y)", "flag") is None
    assert split("out = f(x)\nflag = out.any()\nother = f(flag)", "flag") is None


def test_an_input_that_the_call_replaces_is_not_taken_for_what_was_passed():
    assert split("x = f(x)\nflag = x.any()", "flag") is None


def test_names_that_hold_objects_stay_inside():
    call = "net = Net(x)\nW = net.W\nflag = W.any()"
    assert split(call, "flag").returned == ("net",)
    assert split(call, "flag", objects=frozenset({"net"})).returned == ("W",)
    assert split(call, "flag", objects=frozenset({"net", "W"})) is None


# Working them out.


def case(after, expected, returned, inputs=None, beside=()):
    return Case("", inputs or {}, dict.fromkeys(expected), {}, "C", "head", returned, after, extents(beside))


def test_outputs_are_what_came_back_and_what_follows():
    question = case("flag = np.any(out > x)", ["out", "flag"], {"out": [2]}, {"x": np.zeros(2)})
    found = derive(question, {"out": np.array([0.0, 1.0])})
    assert (found["out"].tolist(), found["flag"].tolist()) == ([0, 1], True)


def test_statements_cannot_change_the_inputs_of_a_case():
    question = case("x *= 2\nflag = x.any() and out.any()", ["flag"], {"out": [1]}, {"x": np.ones(1)})
    derive(question, {"out": np.ones(1)})
    assert question.inputs["x"] == [1]


def test_arrays_that_do_not_fit_are_a_wrong_answer():
    question = case("flag = out[3]", ["flag"], {"out": [4]})
    with pytest.raises(BadReply, match="raised IndexError"):
        derive(question, {"out": np.ones(2)})


@pytest.mark.parametrize("shape", [(3, 20_000, 1), (20_000, 1), (1, 1, 400_000)])
def test_shapes_that_would_fill_the_memory_are_refused(shape):
    question = case("flag = np.any(out == x)", ["flag"], {"out": [20_000]}, {"x": np.ones(20_000)}, [(20_000,), (9, 1)])
    with pytest.raises(BadReply, match=r"out has shape \(.*\), expected \(20000,\)"):
        derive(question, {"out": np.ones(shape)})


def test_small_arrays_of_a_wrong_shape_are_worked_with():
    question = case("size = out.shape[0]", ["size"], {"out": [3]})
    assert derive(question, {"out": np.ones(4)})["size"] == 4
