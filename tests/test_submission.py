"""Files of any submission folder are read safely, and its notebooks are found."""

import copy
import json
import os
import socket
import time

import nbformat
import pytest

from autograder.course.folder import read_folder
from autograder.errors import MachineError
from autograder.grading import submission as step
from autograder.sandbox.limits import Limits
from autograder.submission.files import case_mismatches, find_archives, find_notebooks, read_submission, student_files
from autograder.submission.parse import _recover_cells

LIMITS = Limits(notebook_bytes=1000, submission_bytes=3000, submission_files=10)


def read(folder, limits=LIMITS, first=()):
    files, notes = read_submission(folder, limits, first)
    assert all("\n" not in note and len(note) < 300 for note in notes)
    return files, notes


def write(folder, *names, data=b"x"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


# read_submission


def test_files_come_with_notebooks_first_and_from_the_top_down(tmp_path):
    write(tmp_path, "a/b/c.ipynb", "z.ipynb", "b.txt", "a/a.txt", "a.txt", "timestamp.txt")
    write(tmp_path, "__pycache__/a.pyc", ".ipynb_checkpoints/z.ipynb")
    files, notes = read(tmp_path, first=("b.txt",))
    assert list(files) == ["timestamp.txt", "b.txt", "z.ipynb", "a/b/c.ipynb", "a.txt", "a/a.txt"]
    assert (set(files.values()), notes) == ({b"x"}, [])


def test_links_are_not_followed(tmp_path):
    folder = tmp_path / "folder"
    write(tmp_path, "secret.txt", "outside/deep.txt")
    write(folder, "own.txt")
    (folder / "file.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder").symlink_to(tmp_path / "outside")
    (folder / "circle").symlink_to("circle")
    os.link(folder / "own.txt", folder / "second.txt")
    files, notes = read(folder)
    assert set(files) == {"own.txt", "second.txt"}
    assert notes == [f"'{name}' is no regular file and was left out" for name in ("circle", "file.txt", "folder")]


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    write(tmp_path, "there/a.txt")
    (tmp_path / "here").symlink_to(tmp_path / "there")
    for name in ("here", "nowhere", "there/a.txt"):
        with pytest.raises(MachineError, match=f"{name}: expected to read it, got "):
            read(tmp_path / name)


def test_pipes_and_sockets_are_not_opened(tmp_path):
    write(tmp_path, "a.txt")
    os.mkfifo(tmp_path / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        files, notes = read(tmp_path)
    assert set(files) == {"a.txt"}
    assert notes == [f"'{name}' is no regular file and was left out" for name in ("pipe.ipynb", "socket")]


@pytest.mark.parametrize("other", ["link", "pipe"])
def test_a_file_that_is_exchanged_before_it_is_read_is_left_out(other, tmp_path, monkeypatch):
    write(tmp_path, "folder/a.txt", "b.txt")
    from autograder.submission import files as submission

    list_files = submission._list_files

    def exchange(*args):
        entries = list_files(*args)
        (tmp_path / "folder" / "a.txt").unlink()
        if other == "link":
            (tmp_path / "folder" / "a.txt").symlink_to(tmp_path / "b.txt")
        elif other == "pipe":
            os.mkfifo(tmp_path / "folder" / "a.txt")
        return entries

    monkeypatch.setattr(submission, "_list_files", exchange)
    files, notes = read(tmp_path)
    assert set(files) == {"b.txt"}
    assert notes[0].startswith("'folder/a.txt' ")


def test_any_file_name_is_read(tmp_path):
    names = [b"a b.txt", b'it\'s "mine"', b"two\nlines.ipynb", b"\xff\xfe", b"-rf", b"n" * 255, b"*"]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as handle:
            handle.write(name)
    files, notes = read(tmp_path)
    assert {os.fsencode(name): data for name, data in files.items()} == {name: name for name in names}
    assert notes == []


def test_folders_may_be_as_deep_as_they_like(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for depth in range(300):
        os.mkdir("d" * 200, dir_fd=descriptor)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
        if depth == 20:
            os.close(os.open("file.txt", os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    files, notes = read(tmp_path)
    assert [name[-9:] for name in files] == ["/file.txt"]
    assert len(notes) == 1
    assert "is deeper than folders may be" in notes[0]


def test_files_beyond_the_limits_are_left_out(tmp_path):
    write(tmp_path, *(f"{n}.txt" for n in range(11)))
    files, notes = read(tmp_path)
    assert len(files) == 10
    assert notes == ["more than the 10 files allowed: the rest was left out"]
    write(tmp_path, *(f"{n}.txt" for n in range(11)), data=b"x" * 700)
    files, notes = read(tmp_path)
    assert len(files) == 4
    assert notes == ["more than the 3000 bytes allowed: the rest was left out"]


def test_a_large_notebook_is_read_so_far_that_it_is_known_to_be_large(tmp_path):
    write(tmp_path, "a.ipynb", "a.bin", data=b"x" * 1_000_000)
    files, notes = read(tmp_path)
    assert {name: len(data) for name, data in files.items()} == {"a.ipynb": 1001}
    assert notes == ["'a.bin' holds more than 1000 bytes and was left out"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_left_out(tmp_path):
    write(tmp_path, "a.txt", "b/c.txt")
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").chmod(0)
    files, notes = read(tmp_path)
    (tmp_path / "b").chmod(0o700)
    assert files == {}
    assert [note.split(":")[0] for note in notes] == ["the folder 'b' cannot be read", "'a.txt' cannot be read"]


# find_notebooks


@pytest.fixture(scope="module")
def releases(root):
    folder = root / "assignments/assignment1"
    return {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in ("knn", "softmax")}


@pytest.fixture(scope="module")
def work(releases):
    """Return {name: bytes} of a submission with one answer."""
    notebooks = copy.deepcopy(releases)
    for grade_id, notebook in (("cross_validate", notebooks["knn"]), ("max_norm", notebooks["softmax"])):
        next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id).source += "#"
    return {name: json.dumps(notebook).encode() for name, notebook in notebooks.items()}


@pytest.fixture(scope="module")
def blank(releases):
    return json.dumps(releases["softmax"]).encode()


def test_an_answered_copy_stands_for_a_blank_notebook(work, blank, releases):
    submitted = {"knn.ipynb": work["knn"], "softmax.ipynb": blank, "softmax-Copy1.ipynb": work["softmax"]}
    note = "notebook softmax: it is blank, 'softmax-Copy1.ipynb' was graded in its place"
    assert find_notebooks(submitted, releases) == {"knn": (work["knn"], ""), "softmax": (work["softmax"], note)}
    submitted["softmax-Copy1.ipynb"] = blank + b" "
    assert find_notebooks(submitted, releases)["softmax"] == (blank, "")


def test_of_two_answered_notebooks_the_expected_name_counts_and_the_other_is_reported(work, blank, releases):
    submitted = {"softmax.ipynb": work["softmax"], "softmax (1).ipynb": work["softmax"] + b" "}
    note = "notebook softmax: this one counts; 'softmax (1).ipynb' holds answers, too, and was not graded"
    assert find_notebooks(submitted, releases)["softmax"] == (work["softmax"], note)
    submitted["softmax (1).ipynb"] = work["softmax"]
    assert find_notebooks(submitted, releases)["softmax"] == (work["softmax"], "")
    submitted = {"b.ipynb": work["softmax"], "a.ipynb": work["softmax"] + b" ", "softmax.ipynb": blank}
    data, note = find_notebooks(submitted, releases)["softmax"]
    assert data == work["softmax"] + b" "
    assert note == (
        "notebook softmax: it is blank, 'a.ipynb' was graded in its place; "
        "'b.ipynb' holds answers, too, and was not graded"
    )


def test_a_notebook_with_answers_in_own_cells_is_not_blank(work, releases):
    notebook = json.loads(json.dumps(releases["softmax"]))
    notebook["cells"].append(
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": "def max_norm(W, c):\n    return W"}
    )
    data = json.dumps(notebook).encode()
    notebooks = find_notebooks({"softmax.ipynb": data, "old.ipynb": work["softmax"]}, releases)
    assert notebooks["softmax"][0] == data


@pytest.mark.parametrize("name", ["softmax.json", "softmax.txt", "softmax", "work/softmax.bak"])
def test_a_notebook_is_known_by_what_it_holds(name, work, releases):
    assert find_notebooks({name: work["softmax"]}, releases)["softmax"][0] == work["softmax"]


# student_files, find_archives

RELEASED = {
    "chainrule/check.py": b"a\nb",
    "chainrule/judging/__init__.py": b"",
    "chainrule/data.json": b"",
    "n.ipynb": b"",
}


def test_files_beside_a_notebook_and_in_the_package_are_copied():
    submitted = {
        "work/n.ipynb": b"",
        "work/helper.py": b"1",
        "work/tools/__init__.py": b"2",
        "work/chainrule/mine_too.py": b"3",
        "chainrule/helper.py": b"4",
        "chainrule/linear.py": b"5",
        "chainrule/judging/more.py": b"6",
        "work/data.csv": b"7",
        "data.csv": b"8",
    }
    files, notes = student_files(submitted, RELEASED)
    assert {name: files[name] for name in ("helper.py", "tools/__init__.py", "chainrule/mine_too.py")} == {
        "helper.py": b"1",
        "tools/__init__.py": b"2",
        "chainrule/mine_too.py": b"3",
    }
    assert [files[f"chainrule/{name}.py"] for name in ("helper", "linear", "judging/more")] == [b"4", b"5", b"6"]
    assert (files["data.csv"], notes) == (b"8", [])


def test_released_files_are_neither_replaced_nor_hidden():
    hiding = ["chainrule/check/__init__.py", "chainrule/check.abi3.so", "chainrule/judging.py", "chainrule/__init__.so"]
    hiding += ["work/chainrule/check/x.py", "chainrule/answers/more.npz"]
    submitted = {"work/n.ipynb": b"", **dict.fromkeys(hiding, b"0"), "chainrule/check.py": b"other"}
    files, notes = student_files(submitted, RELEASED | {"chainrule/__init__.py": b""})
    assert set(files) == {"work/n.ipynb", "work/chainrule/check/x.py"}
    assert notes[0] == "'chainrule/check.py' differs from the released file: grading uses its own copy"
    assert notes[1].endswith(" (and 3 more) would hide a released file and was left out")
    assert student_files({"chainrule/check.py": b"a\r\nb"}, RELEASED) == ({}, [])


def test_folders_with_notebooks_are_not_copied_without_end():
    submitted = {
        f"{'d/' * depth}{name}": b"x" * 100 for depth in range(1, 25) for name in ("a.ipynb", "b.txt", "c.txt")
    }
    files, _ = student_files(submitted, RELEASED)
    assert sum(map(len, files.values())) <= 2 * sum(map(len, submitted.values()))


def test_archives_are_found_by_name_and_by_their_first_bytes():
    names = ["a.zip", "b/c.tar.gz", "d.TGZ", "e.7z", "f.rar"]
    submitted = dict.fromkeys([*names, "n.ipynb", "gzip.py", "zip"], b"x") | {"softmax.ipynb": b"PK\x03\x04..."}
    assert set(find_archives(submitted)) == {*names, "softmax.ipynb"}


def test_a_large_archive_is_named_and_not_kept(tmp_path):
    write(tmp_path, "a.zip", data=b"x" * 2000)
    files, notes = read(tmp_path)
    assert ({name: len(data) for name, data in files.items()}, notes) == ({"a.zip": 100}, [])


def test_files_added_by_macos_and_windows_are_not_read(tmp_path):
    write(tmp_path, "a.txt", "__MACOSX/._a.txt", ".DS_Store", "._softmax.ipynb", "Thumbs.db", ".git/config")
    assert read(tmp_path) == ({"a.txt": b"x"}, [])


@pytest.mark.parametrize(
    "name",
    [
        "softmax (1).ipynb",
        "my work/softmax_ada.ipynb",
        "SOFTMAX.IPYNB",
        "a/b/c.ipynb",
        "softmax.ipynb.txt",
        "\udcff\n.ipynb",
    ],
)
def test_a_missing_notebook_is_found_under_another_name(name, work, releases):
    notebooks = find_notebooks({"knn.ipynb": work["knn"], name: work["softmax"], "notes.ipynb": b"{}"}, releases)
    assert notebooks["knn"] == (work["knn"], "")
    assert notebooks["softmax"] == (
        work["softmax"],
        f"notebook softmax: it is missing, {ascii(name)} was graded in its place",
    )


def test_an_unreadable_notebook_is_replaced_by_a_sound_one(work, releases):
    notebooks = find_notebooks({"softmax.ipynb": b"", "copy.ipynb": work["softmax"]}, releases)
    assert notebooks["softmax"][0] == work["softmax"]
    assert notebooks["softmax"][1] == "notebook softmax: it cannot be read, 'copy.ipynb' was graded in its place"
    assert notebooks["knn"] == (None, "")
    assert find_notebooks({"softmax.ipynb": b""}, releases)["softmax"] == (b"", "")


def test_an_answered_copy_is_preferred_to_a_blank_one(work, blank, releases):
    submitted = {"a.ipynb": blank, "work/softmax_last.ipynb": work["softmax"], "z.ipynb": blank}
    assert find_notebooks(submitted, releases)["softmax"][0] == work["softmax"]


def test_the_shortest_name_decides_between_equals(work, releases):
    other = work["softmax"] + b" "
    for submitted in ({"b.ipynb": other, "a.ipynb": work["softmax"]}, {"a.ipynb": work["softmax"], "b.ipynb": other}):
        assert find_notebooks(submitted, releases)["softmax"][0] == work["softmax"]


def test_a_notebook_that_matches_two_releases_is_used_for_none(work, releases):
    cells = [cell for data in work.values() for cell in json.loads(data)["cells"]]
    submitted = {"all.ipynb": json.dumps({"cells": cells}).encode()}
    assert find_notebooks(submitted, releases) == {"knn": (None, ""), "softmax": (None, "")}


def test_a_notebook_without_ids_is_known_by_what_it_defines(releases):
    cells = [{"cell_type": "code", "source": "def max_norm(W, c):\n    return W"}]
    data = json.dumps({"cells": cells}).encode()
    assert find_notebooks({"x.ipynb": data}, releases)["softmax"][0] == data


def test_a_script_stands_for_the_notebook_it_was_exported_from(releases):
    text = "#!/usr/bin/env python\n\n# In[1]:\n\n\ndef max_norm(W, c):\n    return W\n\n\n# In[ ]:\n\n\n1\n"
    data, note = find_notebooks({"softmax.py": text.encode(), "chainrule/norms.py": text.encode()}, releases)["softmax"]
    assert [c["source"] for c in json.loads(data)["cells"]][1] == "def max_norm(W, c):\n    return W"
    assert "'softmax.py'" in note


def test_a_long_name_is_cut(work, releases):
    note = find_notebooks({"n" * 250 + ".ipynb": work["softmax"]}, releases)["softmax"][1]
    assert len(note) < 180


@pytest.mark.parametrize(
    ("code", "path", "name_in_code"),
    [
        ("np.loadtxt('Data.csv')", "data.csv", "Data.csv"),
        ("open(f'{here}/tables/DATA.CSV')", "tables/data.csv", "DATA.CSV"),
        ("import numpy as np\n  import Helper as h", "helper.py", "Helper"),
        ("from my_tools.x import y", "My_Tools.py", "my_tools"),
        ("plt.imread('Stra\u00dfe.PNG')", "Stra\u00dfe.png", "PNG"),
        ("open('data.csv'), open('Data.csv')", "data.csv", None),
        ("open('other-Data.csv'), open('Data.csvx')", "data.csv", None),
        ("from chainrule import softmax", "Softmax.py", None),
        ("x = A + b", "a", None),
        ("x = 1", "data.csv", None),
    ],
)
def test_a_file_name_with_other_capitals_is_reported(code, path, name_in_code):
    notes = case_mismatches(code, [path])
    assert len(notes) == (name_in_code is not None)
    assert all(name_in_code in note and path.rpartition("/")[2][:4] in note and "capitals" in note for note in notes)


def test_a_file_in_other_capitals_is_in_the_notes_on_the_notebook(root, monkeypatch):
    released = read_folder(root / "assignments" / "assignment1")
    notebook = nbformat.reads(released["softmax.ipynb"].decode(), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("open('Data.csv')"))
    submitted = {"softmax.ipynb": nbformat.writes(notebook).encode(), "data.csv": b"1"}
    monkeypatch.setattr(step, "grade_notebook", lambda *arguments: ([], [text for _, text in arguments[-1]], False))
    graded = step.grade_submission(submitted, released, "assignment1", "ada", step.Options("none"))
    assert [name for name, notes in graded.notes.items() if "'data.csv': capitals" in " ".join(notes)] == ["softmax"]


@pytest.mark.parametrize(
    "unit", ['{"cell_type":1 ', '{"cell_type": "code", "source": [\n"a"\n', '{"source": "', "[{", '{"id":"\\']
)
def test_the_work_on_broken_json_grows_with_its_length(unit):
    def seconds(count):
        start = time.process_time()
        _recover_cells(unit * count)
        return time.process_time() - start

    seconds(100)
    # Linear work takes 4 times as long for 4 times the text, work with the square of the length 16 times.
    assert min(seconds(8_000) / max(seconds(2_000), 1e-3) for _ in range(9)) < 10
