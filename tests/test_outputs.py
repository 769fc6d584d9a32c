"""Outputs of a hostile kernel are always cleaned: single cases and hypothesis."""

import base64
import json
import struct
import zlib

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters import ansi2html
from nbformat.v4 import new_code_cell, new_notebook

from autograder.sandbox.outputs import PICTURES, clean_output, clean_picture, clean_text

SMALL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsWNWJQAAAABJRU5ErkJggg=="
TAG = '"><script>document.title = "PWNED"</script>'
TEXTS = ("text/plain", "text/html", "text/latex", "text/markdown")

# Anything that a message can hold, with the words that mean something often among it.
words = st.sampled_from(
    ["output_type", "stream", "error", "display_data", "execute_result", "name", "stdout", "text", "data", "metadata"]
    + ["ename", "evalue", "traceback", "width", "height", "\x1b[38m", "\x1b]8;;x\x07", "\ud800", "\x00", SMALL]
    + [*TEXTS, *PICTURES]
)
texts = words | st.text(st.characters(), max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
outputs = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result"]) | anything},
    optional={
        "name": st.sampled_from(["stdout", "stderr"]) | anything,
        "text": texts | anything,
        "ename": texts | anything,
        "evalue": texts | anything,
        "traceback": st.lists(texts) | anything,
        "data": st.dictionaries(texts, texts | anything, max_size=4) | anything,
        "metadata": st.dictionaries(texts, anything, max_size=4) | anything,
        "execution_count": anything,
        "transient": anything,
    },
)


def strings(value):
    """Return all strings in a value."""
    if isinstance(value, str):
        return [value]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [string for key, item in inner for string in (*strings(key), *strings(item))]


@given(outputs | anything)
def test_anything_becomes_a_clean_output_or_none(raw_output):
    output = clean_output(raw_output)
    if output is None:
        return
    nbformat.validate(new_notebook(cells=[new_code_cell(outputs=[output])]))
    assert output == json.loads(json.dumps(output))
    assert set(output) <= {
        "stream": {"output_type", "name", "text"},
        "error": {"output_type", "ename", "evalue", "traceback"},
    }.get(output["output_type"], {"output_type", "data", "metadata", "execution_count"})
    assert set(output.get("data", {})) <= {*TEXTS, *PICTURES}
    assert output.get("execution_count") is None
    for text in strings(output):
        text.encode("utf-8")
        assert not set(text) & {"\x00", "\x07", "\x08", "\x7f", "\x9b", "\u202e"}
        assert "\x1b]" not in text
        ansi2html(text)
    # What is clean stays as it is.
    assert clean_output(output) == output


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain\ttext\r\n", "plain\ttext\r\n"),
        ("\x1b[31mred\x1b[0m \x1b[1;38;5;28;01mx\x1b[39;00m \x1b[38;2;1;2;3m", None),
        ("\x1b]8;;javascript:1\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x1b[2J\x1b[H\x1b[?25lx\x1bc", "x"),
        ("a\x1b[38mb\x1b[48;2;1mc\x1b[999md", "abcd"),
        ("a\x00b\x08c\x7fd\x9b31me\u202ef", "abcd31mef"),
        ("\ud800", "?"),
        (["a\n", "b"], "a\nb"),
        ("\x1b[31m" * 2001 + "x", "x"),
    ],
)
def test_texts_hold_no_control_sequences_but_colours(raw, clean):
    assert clean_text(raw) == (raw if clean is None else clean)


def test_colours_can_be_left_out():
    assert clean_text("\x1b[31mred\x1b[0m", colours=False) == "red"


@pytest.mark.parametrize("value", [None, 1, True, {}, [1], b"x", ["a", None]])
def test_values_that_are_no_text_become_none(value):
    assert clean_text(value) is None


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    data = (
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", b"")
        + chunk(b"IEND", b"")
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()


def test_only_valid_pictures_are_kept():
    assert clean_picture("image/png", SMALL) == SMALL
    assert clean_picture("image/png", [SMALL[:20] + "\n", SMALL[20:]]) == SMALL
    assert clean_picture("image/png", png(7000, 7000)) is not None
    for wrong in (TAG, SMALL + TAG, base64.b64encode(TAG.encode()).decode(), "", None, 1, [1], png(60_000, 60_000)):
        assert clean_picture("image/png", wrong) is None
    assert clean_picture("image/jpeg", SMALL) is None
    assert clean_picture("image/svg+xml", SMALL) is None


def test_a_jpeg_is_a_picture():
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (3, 2)).save(buffer, "jpeg")
    encoded = base64.b64encode(buffer.getvalue()).decode()
    assert clean_picture("image/jpeg", encoded) == encoded
    assert clean_picture("image/png", encoded) is None


def test_honest_outputs_are_unchanged():
    data = {"text/plain": "x", "text/html": "<b>x</b>", "text/latex": "$x$", "text/markdown": "*x*", "image/png": SMALL}
    metadata = {"image/png": {"width": 100, "height": 50.5}}
    for output in (
        {"output_type": "stream", "name": "stdout", "text": "x\n"},
        {"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": ["\x1b[31mx\x1b[0m", "y"]},
        {"output_type": "display_data", "data": data, "metadata": metadata},
        {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None},
    ):
        assert clean_output(output) == output


def test_other_kinds_and_sizes_are_dropped():
    data = {"application/javascript": "1", "image/svg+xml": "<svg>", "text/x-python": "1", TAG: "1", "text/html": 1}
    display = {"output_type": "display_data", "metadata": {}}
    assert clean_output(display | {"data": data}) is None
    metadata = {"image/png": {"width": TAG, "height": True, "alt": TAG, "unconfined": True}, TAG: TAG, "isolated": True}
    assert clean_output(display | {"data": data | {"image/png": SMALL}, "metadata": metadata}) == {
        "output_type": "display_data",
        "data": {"image/png": SMALL},
        "metadata": {},
    }
