"""For any input from a student's side, the trusted side raises its own errors or returns a valid result."""

import base64
import contextlib
import json
import os
import tempfile
from queue import Empty

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autograder.sandbox.kernel import next_message
from autograder.sandbox.limits import Limits
from autograder.sandbox.output_buffer import OutputBuffer
from autograder.sandbox.reply import read_reply
from autograder.submission.files import find_notebooks, read_submission
from autograder.submission.fix_source import defined_names, repair_source, syntax_error
from autograder.submission.repair import repair
from autograder.tasks.catalog import TASKS
from autograder.tasks.spec import exam_of
from chainrule.judging.compare import difference, same
from chainrule.judging.runner import DTYPES, BadReply, decode, encode
from chainrule.judging.verdict import AnswerError, Unanswered, judge

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
def test_encoded_arrays_are_decoded(array):
    back = decode(json.loads(json.dumps(encode(array))))
    assert back.shape == array.shape
    assert back.tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()


def in_base64(value):
    return repr(base64.b64encode(json.dumps(value).encode()).decode())


@given(values, values, st.text(max_size=40))
def test_a_reply_gives_arrays_or_one_of_our_errors(value, other, text):
    for plain in (text, value, in_base64({"outputs": {"x": value}}), in_base64({"error": value}), in_base64(value)):
        for answer in ({"status": "ok", "data": {"text/plain": plain}}, {"status": plain, "data": other}, other):
            for reply in ({"user_expressions": {"answer": answer}}, {"user_expressions": answer}, {}):
                with pytest.raises((BadReply, AnswerError)):
                    read_reply(reply, ["x"], 1000)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_the_message_of_an_exception_becomes_one_printable_line(kind, message, line):
    answer = in_base64({"error": {"type": kind, "message": message, "line": line}})
    with pytest.raises((AnswerError, BadReply)) as caught:
        read_reply({"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": answer}}}}, ["x"], 1000)
    text = str(caught.value)
    text.encode("utf-8")
    assert "\n" not in text
    assert "\x1b" not in text


class FakeChannel:
    """A kernel's side of a channel: returns the given messages, then none."""

    def __init__(self, messages):
        self.messages = list(messages)

    def get_shell_msg(self, timeout):
        if not self.messages:
            raise Empty
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    get_iopub_msg = get_shell_msg


messages = values | st.fixed_dictionaries(
    {
        "parent_header": values | st.fixed_dictionaries({"msg_id": values | st.just("asked")}),
        "msg_type": values | st.sampled_from(["execute_reply", "stream", "display_data", "error", "status"]),
        "content": values
        | st.fixed_dictionaries({"name": values, "text": values, "data": values, "execution_state": values}),
    }
)


@given(st.lists(messages | st.sampled_from([ValueError("garbled"), KeyError("content")]), max_size=6))
def test_messages_of_any_shape_are_stored_or_dropped(sent):
    buffer = OutputBuffer(Limits(output_bytes=300, outputs=2), 10**6)
    channel = FakeChannel(sent)
    while (message := next_message(channel.get_iopub_msg, 0)) is not None:
        message["parent_header"].get("msg_id")
        buffer.add(message)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=buffer.all())])
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode("utf-8")
    assert len(json.dumps(buffer.all())) < 1000


answers = arrays | st.sampled_from([BadReply("no"), AnswerError("E", "words", "line"), Unanswered("late")])


@settings(max_examples=60)
@given(data=st.data(), task=st.sampled_from(TASKS))
def test_any_answers_end_in_a_verdict(data, task):
    exam = exam_of(task, 1)

    def ask(case, measured):
        names = case.measured if measured else case.asked[1]
        drawn = {name: data.draw(answers) for name in names}
        for value in drawn.values():
            if isinstance(value, Exception):
                raise value
        return drawn

    verdict = judge(exam, ask)
    assert 0 <= verdict.score <= task.points
    assert verdict.passed or verdict.reason()
    json.dumps(verdict.as_dict())


@given(arrays, arrays)
def test_two_answers_are_the_same_or_give_a_message(got, expected):
    message = difference("x", got, expected)
    assert (message is None) == same(got, expected) or np.iscomplexobj(got) != np.iscomplexobj(expected)
    assert message is None or "\n" not in message


@pytest.fixture(scope="module")
def release(root):
    """The imports, a question, three tasks and something between them."""
    notebook = nbformat.read(root / "assignments/assignment1/softmax.ipynb", as_version=4)
    notebook.cells = [notebook.cells[n] for n in (1, 58, 59, 60, 68, 69, 80, 81, 96, 97)]
    return notebook


codes = st.text(alphabet="def max_norm(W):\n return\t1+=\"'#%!?`>\xa0\u200b\u2028“\0\ud800", max_size=60)
broken = codes | st.sampled_from(["def max_norm(W, c):\n    return W", "def max_norm(W, c):\n", "check(max_norm)"])
changes = st.sampled_from(["delete", "copy", "move", "metadata", "source", "text", "id", "cell_type", "attachments"])
mangled = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def check_repaired(data, release, limits=None):
    """Repair a notebook; assert that it has the cells of the release and can be written and read again."""
    repaired = repair(data, release, limits or Limits())
    nbformat.validate(repaired.notebook)
    assert json.loads(nbformat.writes(repaired.notebook).encode()) == json.loads(nbformat.writes(repaired.notebook))

    def graded(cells):
        return {c.metadata.nbgrader.grade_id: c for c in cells if "nbgrader" in c.metadata}

    repaired_cells, released_cells = graded(repaired.notebook.cells), graded(release.cells)
    assert sorted(repaired_cells) == sorted(released_cells)
    assert len(repaired_cells) == sum("nbgrader" in c.metadata for c in repaired.notebook.cells)
    places = {grade_id: place for place, grade_id in enumerate(repaired_cells)}
    for grade_id, cell in released_cells.items():
        assert (repaired_cells[grade_id].metadata, repaired_cells[grade_id].cell_type) == (
            cell.metadata,
            cell.cell_type,
        )
        if cell.metadata.nbgrader.locked:
            assert repaired_cells[grade_id].source == cell.source
            assert places[grade_id] > places[grade_id.removeprefix("test_")]
    for grade_id, text in repaired.notes:
        assert grade_id in {"", *released_cells}
        assert text.encode()
        assert "\n" not in text
    return repaired


@mangled
@given(data=st.data())
def test_any_change_of_the_cells_is_repaired(data, release):
    draw = data.draw
    cells = json.loads(json.dumps(release.cells))
    ids = [c["metadata"]["nbgrader"]["grade_id"] for c in cells if "nbgrader" in c["metadata"]]
    for _ in range(draw(st.integers(0, 6))):
        graded = [
            n for n, cell in enumerate(cells) if isinstance(cell, dict) and "nbgrader" in str(cell.get("metadata"))
        ]
        number = draw(st.integers(0, max(len(cells) - 1, 0)) | st.sampled_from(graded or [0]))
        change = draw(changes)
        if number >= len(cells) or not isinstance(cells[number], dict):
            continue
        if change in ("delete", "move"):
            cell = cells.pop(number)
        if change in ("copy", "move"):
            cells.insert(
                draw(st.integers(0, len(cells))), json.loads(json.dumps(cell if change == "move" else cells[number]))
            )
        elif change == "id":
            cells[number]["metadata"] = {"nbgrader": {"grade_id": draw(st.sampled_from(ids) | st.text(max_size=3))}}
        elif change != "delete":
            key, value = ("source", broken) if change == "text" else (change, values)
            cells[number][key] = draw(value)
    check_repaired(json.dumps({"cells": cells, "nbformat": draw(values)}).encode(), release)


@mangled
@given(
    cut=st.integers(0, 8000),
    more=st.binary(max_size=30) | st.just(b"\n<<<<<<< a\n\n=======\n>>>>>>> b\n"),
    skip=st.integers(-99, 99),
)
def test_any_damage_to_the_file_is_repaired(cut, more, skip, release):
    text = nbformat.writes(release).encode()
    repaired = check_repaired(text[:cut] + more + text[max(cut + skip, 0) :], release)
    assert repaired.unreadable == ""


@given(
    content=values | st.fixed_dictionaries({"cells": st.lists(values | st.dictionaries(st.text(), values))}),
    data=st.binary(),
)
def test_any_file_is_read(content, data, release):
    check_repaired(data, release)
    check_repaired(json.dumps(content).encode(), release)
    for encoding in ("utf-16", "utf-8"):
        check_repaired(
            json.dumps(content, ensure_ascii=False).encode(encoding, "replace"), release, Limits(cells=2, cell_bytes=9)
        )


@given(codes)
def test_any_code_is_repaired_or_left_unchanged(text):
    repaired_text, note = repair_source(text)
    assert (repaired_text == text) == (note == "") == (syntax_error(text) == "" or repaired_text == text)
    assert note == "" or syntax_error(repaired_text) == ""
    assert defined_names(text) is not None


@given(
    submitted=st.dictionaries(
        st.text(max_size=9) | st.sampled_from(["a.ipynb", "softmax.ipynb", "b.py"]),
        st.binary(max_size=60) | st.sampled_from([b'{"cells":[]}', b"def max_norm(W): 1"]),
        max_size=5,
    )
)
def test_notebooks_are_found_in_any_files(submitted, release):
    notebooks = find_notebooks(submitted, {"softmax": release})
    assert list(notebooks) == ["softmax"]
    check_repaired(notebooks["softmax"][0], release)


@given(
    names=st.lists(
        st.binary(min_size=1, max_size=8).filter(lambda n: not set(n) & set(b"/\0") and n not in (b".", b"..")),
        unique=True,
        max_size=5,
    ),
    data=st.data(),
)
def test_any_folder_is_read(names, data):
    with tempfile.TemporaryDirectory() as folder:
        num_files = 0
        for name in names:
            path = os.path.join(os.fsencode(folder), name)
            kind = data.draw(st.sampled_from(["file", "link", "pipe", "folder"]))
            if kind == "file":
                with open(path, "wb") as handle:
                    num_files += handle.write(b"x")
            elif kind == "link":
                os.symlink(data.draw(st.sampled_from([b"/etc/passwd", b"..", b".", b"x"])), path)
            else:
                (os.mkfifo if kind == "pipe" else os.mkdir)(path)
        files, notes = read_submission(folder, Limits())
        assert list(files.values()) == [b"x"] * num_files
        assert all(len(note.encode()) < 300 for note in notes)
