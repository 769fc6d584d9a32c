"""Whatever comes from a student's side, the trusted side answers with its own errors or a sound result."""

import contextlib
import json

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autograder.kernel import read_reply
from autograder.repair import repair
from chainrule.judging.compare import difference, same
from chainrule.judging.runner import DTYPES, BadReply, decode, encode
from chainrule.judging.verdict import AnswerError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
packed = st.fixed_dictionaries(
    {"dtype": values | st.sampled_from(sorted(DTYPES)), "shape": values | st.lists(st.integers()), "data": values}
)
arrays = npst.arrays(
    npst.scalar_dtypes().filter(lambda d: d.newbyteorder("<").str in DTYPES), npst.array_shapes(min_dims=0, min_side=0)
)


@given(values | packed)
def test_decode_gives_an_array_or_refuses(value):
    with contextlib.suppress(BadReply):
        assert type(decode(value)) is np.ndarray


@given(arrays)
def test_what_is_encoded_is_decoded(array):
    back = decode(json.loads(json.dumps(encode(array))))
    assert back.shape == array.shape
    assert back.tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()


@given(values, st.text(max_size=40))
def test_a_reply_gives_arrays_or_one_of_our_errors(value, text):
    for plain in (text, repr(json.dumps({"outputs": {"x": value}})), repr(json.dumps({"error": value})), value):
        reply = {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": plain}}}}
        with pytest.raises((BadReply, AnswerError)):
            read_reply(reply, ["x"])


@given(arrays, arrays)
def test_two_answers_are_the_same_or_differ_in_a_sentence(got, expected):
    said = difference("x", got, expected)
    assert (said is None) == same(got, expected) or np.iscomplexobj(got) != np.iscomplexobj(expected)
    assert said is None or "\n" not in said


@pytest.fixture(scope="module")
def release(root):
    return nbformat.read(root / "assignments/assignment1/knn.ipynb", as_version=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_mangling_is_repaired(data, release):
    made = json.loads(json.dumps(release))
    draw = data.draw
    for _ in range(draw(st.integers(0, 4))):
        number = draw(st.integers(0, max(len(made["cells"]) - 1, 0)))
        change = draw(st.sampled_from(["delete", "copy", "metadata", "source", "type", "outputs"]))
        if not made["cells"]:
            break
        cell = made["cells"][number]
        if change == "delete":
            del made["cells"][number]
        elif change == "copy":
            made["cells"].insert(0, json.loads(json.dumps(cell)))
        else:
            cell["cell_type" if change == "type" else change] = draw(values)
    notebook, _ = repair(json.dumps(made).encode(), release)
    nbformat.validate(notebook)

    def ids(cells):
        return sorted(c["metadata"]["nbgrader"]["grade_id"] for c in cells if "nbgrader" in c["metadata"])

    assert ids(notebook.cells) == ids(release.cells)
