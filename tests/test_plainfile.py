"""`judge` and `replay` on any file: an answer or one line, exit code 0, 1 or 2, never a traceback."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.__main__ import main
from autograder.grading.submission import Options
from autograder.plainfile.files import MAX_CODE, MAX_SEED, permitted_path, read_python, read_verdicts
from autograder.plainfile.judge import judge_file

VERDICT = {"file": "a.py", "task": "max_norm", "seed": 1, "score": 0, "max": 2, "checks": []}
OPEN = ["--sandbox", "none"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def refused(capsys):
    def run(*argv, code=2):
        exit_code = main([*argv, *OPEN])
        output, error = capsys.readouterr()
        assert (exit_code, output, error.count("\n")) == (code, "", 1)
        assert error.startswith("autograder: ")
        return error

    return run


# --- Python files ---


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfx = 'caf\xc3\xa9'\n", "x = 'café'\n"),
        (b"x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
        (b"x = 1\ry = 2\r", "x = 1\ny = 2\n"),
        (b"# -*- coding: latin-1 -*-\nx = 'caf\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'café'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", "#!/usr/bin/python\n# vim: set file"),
        (b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n", "# coding: utf-8\nx = 'é'\n"),
        (b"# coding: shift_jis\nx = '\x83\x65'\n", "# coding: shift_jis\nx = 'テ'\n"),
        (b"\fdef f():\n\treturn 1\n", "\fdef f():\n\treturn 1\n"),
    ],
)
def test_every_encoding_of_python_is_read(data, text):
    Path("a.py").write_bytes(data)
    assert read_python("a.py").startswith(text)


CODE = """import numpy as np
\fdef max_norm(W, c):
\tnote = 'é'
\treturn W * np.minimum(1, c / np.linalg.norm(W, axis=0))
""".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("start", "encoding"), [("\ufeff", "utf-8"), ("# coding: latin-1\r\n", "latin-1"), ("", "utf-8")], ids=repr
)
def test_files_of_other_editors_are_judged(start, encoding):
    Path("a.py").write_bytes((start + CODE).encode(encoding))
    (verdict,) = judge_file("a.py", Options("none"), 1, ["max_norm"])
    assert verdict.score > 0, verdict


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.ipynb", b"{}", "in which there is no cell of code; open it in JupyterLab and save it"),
        ("X.IPYNB", b"", "in which there is no cell of code"),
        ("x.ipynb", b"[" * 100_000, "in which there is no cell of code"),
        ("x.ipynb", b"\x00\xff", "in which there is no cell of code"),
        ("x.txt", b"x = 1", "whose name does not end in .py; rename it if it is one"),
        ("x", b"x = 1", "whose name does not end in .py"),
        ("x.py", b"", "which is empty"),
        ("x.py", b"\n \n", "which is empty"),
        ("x.py", "x = 1".encode("utf-16"), "which is in UTF-16; save it as UTF-8"),
        ("x.py", b"x = 1\ny = '\0'\n", "which has a null byte in line 2"),
        ("x.py", b"\x7fELF\x01\0\0", "which has a null byte in line 1"),
        ("x.py", b"x = '\xe9'", "save it as UTF-8"),
        ("x.py", b"\x80\x81\x82", "save it as UTF-8"),
        ("x.py", b"# coding: ascii\nx = '\xe9'", "which is not in ascii; save it as UTF-8"),
        ("x.py", b"# coding: klingon\nx = 1", "whose encoding is not known (unknown encoding: klingon"),
        ("x.py", b"# coding: rot13\nx = 1", "whose encoding is not known"),
        ("x.py", b"\xef\xbb\xbf# coding: latin-1\nx = 1", "whose encoding is not known"),
        ("x.py", b"x = 1\n" * (MAX_CODE // 6 + 1), f"which is larger than {MAX_CODE // 10**6} MB"),
        ("x.py", b"if x:\ny = = 1\n", "x.py: expected Python, got "),
        ("x.py", b"x = " + b"(" * 5000, "x.py: expected Python, got "),
        ("x.py", b"x = " + b"-" * 100_000 + b"1", "x.py: expected "),
        ("x.py", b"def max_norm(x=" + b"a." * 3000 + b"a): return " + b"1+" * 3000 + b"1\n", "x.py: expected "),
        ("x\ny.py", b"", "x\\ny.py, which is empty"),
        ("x\x1b[31m.py", b"", "x\\x1b[31m.py, which is empty"),
    ],
)
def test_a_file_that_is_no_python_is_reported(refused, name, data, message):
    Path(name).write_bytes(data)
    # An unknown function may be found in what is nested deeply by some Pythons: the wish for another one is refused.
    assert message in refused("judge", name, "--task", "svm_loss_naive")
    if not name.endswith((".txt", "x")):
        assert message in refused("replay", name, "--seed", "1", "--task", "svm_loss_naive")


def test_the_functions_of_a_notebook_are_judged_and_a_variable_is_none_of_them(capsys):
    cells = [
        new_markdown_cell("# def relu_forward(x): pass"),
        new_code_cell("%matplotlib inline\nimport numpy as np\nsoftmax_loss = 3.0"),
        new_code_cell("%%bash\nrm -f *"),
        new_code_cell(f"%%time\n{CODE}"),
        new_code_cell("raise ValueError('of another cell')"),
        new_code_cell("def relu_forward(x):\n    return np.maximum(0, x), x"),
    ]
    nbformat.write(new_notebook(cells=cells), "mine.ipynb")
    first, relu = judge_file("mine.ipynb", Options("none"), 1)
    assert (first.task, first.score > 0, relu.task, relu.passed) == ("max_norm", True, "relu_forward", True)
    assert "of another cell" in relu.note
    assert main(["replay", "mine.ipynb", "--seed", "1", "--task", "relu_forward", *OPEN]) == 0
    assert "relu_forward: 1 of 1 points" in capsys.readouterr().out


def odd_paths(folder):
    (folder / "folder.py").mkdir()
    os.mkfifo(folder / "fifo.py")
    (folder / "device.py").symlink_to("/dev/zero")
    (folder / "loop.py").symlink_to("loop.py")
    (folder / "gone.py").symlink_to("nowhere.py")
    return {
        "folder.py": "which is a folder; name the files in it",
        ".": "which is a folder",
        "fifo.py": "which is no regular file",
        "device.py": "which is no regular file",
        "/dev/null": "which is no regular file",
        "loop.py": "which is no file",
        "gone.py": "which is not there; check the name and the folder",
        "none.py": "which is not there",
        "-": "standard input is not read; save the code as a file that ends in .py",
        "": "which is not there",
        "a\0b.py": "which cannot be the name of a file",
        "\ud800.py": "which cannot be the name of a file",
        "n" * 5000 + ".py": "which is no file (File name too long); check the name",
    }


def test_odd_paths_are_reported_and_never_opened(folder, refused):
    for path, message in odd_paths(folder).items():
        assert message in refused("judge", path), path
        if path.endswith(".py"):
            assert message in refused("replay", path, "--seed", "1"), path
    assert "standard input" in refused("replay", "-")


def test_several_files_are_refused_before_one_is_run(refused):
    Path("good.py").write_text("raise SystemExit", encoding="utf-8")
    assert "x.txt" in refused("judge", "good.py", "x.txt")
    assert "; got 'nope'" in refused("judge", "good.py", "--task", "nope")


# --- lists of verdicts ---


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xff\xfe", ""),
        (b"{", ""),
        (b"null", "it is a NoneType, no list"),
        (b"{}", "it is a dict, no list"),
        (b"[]", "the list is empty"),
        (b"[1]", "verdict 1: it is a int, no object"),
        (b"[{}]", "verdict 1: it has no task"),
        (nested(100_000).encode(), "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b"\x80\x81\x82\x83", "it is not in UTF-8"),
        (b"[" + b"9" * 5000 + b"]", ""),
        (json.dumps([VERDICT | {"seed": float("nan")}]).encode(), "NaN is no number"),
        (json.dumps([VERDICT]).replace('"seed"', '"task": "x", "seed"').encode(), "the key 'task' is there twice"),
        (json.dumps([VERDICT]).replace('"max": 2', '"max": 1e999').encode(), "score and max are numbers"),
        *(
            (json.dumps([VERDICT | {"seed": seed}]).encode(), f"seed is a whole number from 0 to {MAX_SEED}")
            for seed in (-1, 2**63, 10**400, 1.0, "1", True, None, [1], {"a": 1})
        ),
        *((json.dumps([VERDICT | {"task": task}]).encode(), "task and file are texts") for task in (1, None, ["x"])),
        *((json.dumps([VERDICT | {"file": file}]).encode(), "task and file are texts") for file in (1, None, ["x"])),
        *((json.dumps([VERDICT | {"score": score}]).encode(), "score and max") for score in ("1", None, True, [0])),
        *(
            (json.dumps([VERDICT | {"checks": checks}]).encode(), "checks is a list of objects with a name each")
            for checks in (None, 1, "x", {}, [1], [{}], [{"name": 1}], [[]])
        ),
    ],
    ids=lambda value: None,
)
def test_a_file_that_is_no_list_of_verdicts_is_reported(refused, data, message):
    Path("v.json").write_bytes(data)
    error = refused("replay", "v.json")
    assert "replay: expected verdicts as `autograder judge --json` prints them, got others in v.json: " in error
    assert message in error
    assert len(error) < 300


@pytest.mark.parametrize("task", ["nope", "", "\0", "\ud800", "a\nb"])
def test_an_unknown_task_is_reported(refused, task):
    Path("v.json").write_text(json.dumps([VERDICT | {"task": task}]), encoding="utf-8")
    assert "task: expected one of " in refused("replay", "v.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_list_that_another_shell_wrote_is_read(encoding):
    # `>` of PowerShell writes UTF-16 with a byte order mark.
    Path("v.json").write_bytes(json.dumps([VERDICT]).encode(encoding))
    assert read_verdicts("v.json") == [VERDICT]


def test_a_list_may_be_no_regular_file(folder, refused):
    os.mkfifo("fifo.json")
    os.mkdir("folder.json")
    Path("zero.json").symlink_to("/dev/zero")
    for name in ("fifo.json", "folder.json", "zero.json", "none.json"):
        assert f"replay: expected a list of verdicts, got {name}, which " in refused("replay", name)


# --- the files that a list names ---


def test_a_list_opens_no_odd_path(folder, refused):
    for path, message in odd_paths(folder).items():
        Path("v.json").write_text(json.dumps([VERDICT | {"file": path}]), encoding="utf-8")
        error = refused("replay", "v.json")
        other_messages = ("and is not opened", "expected a path in v.json", "expected a Python file or a notebook")
        assert message in error or any(part in error for part in other_messages), path


def test_a_list_opens_only_what_is_below_this_folder_or_beside_it(folder, refused, monkeypatch):
    elsewhere, lists = folder.parent / "elsewhere", folder.parent / "lists"
    for place in (elsewhere, lists, folder / "sub"):
        place.mkdir()
    for path in (elsewhere / "x.py", lists / "near.py", folder / "sub" / "in.py"):
        path.write_text("x = 1\n", encoding="utf-8")
    (folder / "link.py").symlink_to(elsewhere / "x.py")
    (folder / "linked").symlink_to(elsewhere)
    for bad in (elsewhere / "x.py", "../elsewhere/x.py", "link.py", "linked/x.py", "sub/../../elsewhere/x.py"):
        (lists / "v.json").write_text(json.dumps([VERDICT | {"file": str(bad)}]), encoding="utf-8")
        error = refused("replay", str(lists / "v.json"))
        assert "is neither below this folder nor beside the list, and is not opened" in error
        assert f"if it is yours, name it: --file {bad}" in error
        # Named, it is read: it lacks the function.
        allow = ["--file", str(bad)]
        assert "expected a function called max_norm" in refused("replay", str(lists / "v.json"), *allow)
    for good in ("sub/in.py", folder / "sub" / "in.py", "sub/../sub/in.py", lists / "near.py", "near.py"):
        assert Path(permitted_path(str(good), lists / "v.json")).name in ("in.py", "near.py")


def test_judge_and_replay_in_one_folder(capsys):
    Path("a.py").write_text("def max_norm(W, c):\n    return W\n", encoding="utf-8")
    assert main(["judge", "a.py", "--json", *OPEN]) == 0
    Path("v.json").write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["replay", "v.json", "--json", *OPEN]) == 0
    assert [replayed["same"] for replayed in json.loads(capsys.readouterr().out)] == [True]
    # Each file is looked at before one is run.
    Path("v.json").write_text(
        json.dumps([*json.loads(Path("v.json").read_text(encoding="utf-8")), VERDICT | {"file": "gone.py"}]),
        encoding="utf-8",
    )
    assert main(["replay", "v.json", *OPEN]) == 2
    assert "gone.py, which is not there" in capsys.readouterr().err


# --- options ---


@pytest.mark.parametrize(
    "seed", ["-1", "1.0", "1e3", "²", "٣", "", "0x1", "x", str(MAX_SEED + 1), "9" * 5000, "nan", "\ud800"]
)
@pytest.mark.parametrize("command", ["judge", "replay"])
def test_an_odd_seed_is_reported(command, seed, capsys):
    assert main([command, "a.py", "--seed", seed]) == 2
    error = capsys.readouterr().err
    assert "--seed: expected " in error
    assert error.count("\n") == 1
    assert len(error) < 1000


@pytest.mark.parametrize("script", ["a\0.py", "\ud800.py", "no/x.py", "x.txt", "", ".", "there.py", "n" * 5000 + ".py"])
def test_an_odd_script_is_reported_before_anything_runs(refused, script):
    Path("there.py").write_text("def max_norm(W, c):\n    return W\n", encoding="utf-8")
    error = refused("replay", "there.py", "--seed", "1", "--task", "max_norm", "--script", script)
    assert "autograder: --script: expected " in error
    assert sorted(os.listdir()) == ["there.py"]


def test_a_read_only_folder_is_reported(refused, monkeypatch):
    monkeypatch.setattr("autograder.replay.script.os.access", lambda path, mode: False)  # root may write everywhere
    assert "is read-only; choose another one" in refused("replay", "a.py", "--seed", "1", "--script", "new.py")


# --- anything ---

NUMBERS = st.integers() | st.floats() | st.booleans() | st.none()
VALUES = st.recursive(
    NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
LISTS = st.lists(
    st.fixed_dictionaries(
        {
            "file": VALUES | st.sampled_from(["none.py", "../x.py", "/etc/passwd", "/dev/zero", "."]),
            "task": VALUES | st.just("max_norm"),
            "seed": VALUES,
            "score": VALUES,
            "max": VALUES,
            "checks": VALUES | st.lists(st.fixed_dictionaries({"name": st.text(max_size=3)}), max_size=2),
        }
    )
    | VALUES,
    max_size=3,
)


@pytest.fixture(scope="module")
def memory():
    """Limit memory as `ulimit -v` does: allocations above 4 GB fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def checked(argv):
    """Run a command that cannot succeed."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors, contextlib.redirect_stderr(errors):
        code = main([*argv, *OPEN])
        errors.seek(0)
        text = errors.read()
    assert code in (0, 1, 2)
    assert text.count("\n") <= 1
    assert "Traceback" not in text


@settings(max_examples=150)
@given(LISTS | VALUES)
def test_any_json_gets_at_most_one_line(memory, value):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v.json")
        path.write_text(json.dumps(value), encoding="utf-8")
        checked(["replay", str(path)])


WORDS = [
    *("def f", "class A", "lambda", "if 1", "try", "except", "A.b", "x", "é", "@", "(", ")", ":", "=", "'", '"""'),
    *("\n", "    ", "\t", "\f", "\r", "\0", "%", "!", "#", "\\", "0" * 5000),
    *("# coding: ", "utf-8", "utf-7", "utf-16", "unicode_escape", "idna"),
]


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=30).map(lambda w: "".join(w).encode()))
def test_any_file_gets_at_most_one_line(memory, data):
    with tempfile.TemporaryDirectory() as folder:
        for name, argv in {"v.json": ["replay"], "a.py": ["judge"]}.items():
            path = Path(folder, name)
            path.write_bytes(data)
            checked([*argv, str(path)])


PARTS = st.lists(st.sampled_from(["..", "/", ".", "~", "a", ".py", "\0"]), max_size=6).map("".join)


@settings(max_examples=100)
@given(st.text(max_size=20) | PARTS)
def test_any_path_gets_at_most_one_line(memory, name):
    checked(["judge", f"./{name}"])
    checked(["replay", f"./{name}.py", "--seed", "1"])
    checked(["replay", f"./{name}.json"])


def test_a_huge_nested_list_under_a_small_limit_of_memory_is_one_line(folder):
    Path("v.json").write_text("[" * 3_000_000, encoding="utf-8")
    run = subprocess.run(
        ["bash", "-c", f"ulimit -v 3000000; {sys.executable} -m autograder replay v.json --sandbox none"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1), run.stderr
