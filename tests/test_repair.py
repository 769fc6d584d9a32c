"""Mangled notebooks come back in the shape of the release, with the student's work in them."""

import copy
import json

import nbformat
import pytest

from autograder.demo.example_class import fill_solutions
from autograder.sandbox.limits import Limits
from autograder.submission.fix_source import defined_names, repair_source, syntax_error
from autograder.submission.repair import repair

ANSWER = "def max_norm(W, c):\n    return 2 * W"
OTHER = "def max_norm(W, c):\n    return 3 * W"
PNG = "iVBORw0KGgo="


@pytest.fixture(scope="module")
def releases(root):
    folder = root / "assignments/assignment1"
    return {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in ("knn", "softmax")}


@pytest.fixture
def release(releases):
    return releases["softmax"]


@pytest.fixture
def work(release):
    """A submission in which max_norm was answered."""
    notebook = copy.deepcopy(release)
    cell_of(notebook, "max_norm").source = ANSWER
    return notebook


def id_of(cell):
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")


def cell_of(notebook, grade_id):
    return next(c for c in notebook.cells if id_of(c) == grade_id)


def ids_of(notebook):
    return sorted(filter(None, map(id_of, notebook.cells)))


def place_of(notebook, grade_id):
    return notebook.cells.index(cell_of(notebook, grade_id))


def code(source):
    return nbformat.v4.new_code_cell(source)


def repaired(work, release, limits=None):
    """Return the repaired notebook and its notes; work: a notebook or the bytes of one."""
    data = work if isinstance(work, bytes) else json.dumps(work).encode()
    repaired_file = repair(data, release, limits or Limits())
    assert repaired_file.unreadable == ""
    nbformat.validate(repaired_file.notebook)
    assert ids_of(repaired_file.notebook) == ids_of(release)
    return repaired_file.notebook, [text for _, text in repaired_file.notes]


def notes_after_repair(work, release):
    """Return the notes on a notebook in which the answer to max_norm must be found."""
    notebook, notes = repaired(work, release)
    assert cell_of(notebook, "max_norm").source == ANSWER
    assert place_of(notebook, "max_norm") < place_of(notebook, "test_max_norm")
    return notes


def test_a_valid_notebook_is_unchanged(work, releases):
    assert notes_after_repair(work, releases["softmax"]) == []
    for release in releases.values():
        for sound in (release, fill_solutions(copy.deepcopy(release), "assignment1")):
            notebook, notes = repaired(sound, release)
            assert notes == []
            assert [(c.cell_type, c.source) for c in notebook.cells] == [(c.cell_type, c.source) for c in sound.cells]


def test_the_release_is_not_changed(work, release):
    before = json.dumps(release)
    del work.cells[60:]
    repaired(work, release)
    assert json.dumps(release) == before


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "the notebook was not submitted"),
        (b" " * 11, "the file holds more than the 10 bytes allowed"),
        (b'{"cells": 3}', "the file is not a Jupyter notebook: it cannot be read"),
        (b'{"cells":[]}', "the notebook holds no cells"),
        *[(d, "the file is not a Jupyter notebook: it cannot be read") for d in (b"", b"{", b"[]", b"\xff\xfe{\0}\0")],
        *[(d, "the file is not a Jupyter notebook: it cannot be read") for d in (b"null", b"[" * 9, b"def f(): 1")],
    ],
)
def test_a_file_that_is_no_notebook_becomes_a_blank_one(data, why, release):
    most = 10 if data == b" " * 11 else 1000
    repaired_file = repair(data, release, Limits(notebook_bytes=most))
    assert (repaired_file.unreadable, repaired_file.notes) == (why, [])
    assert ids_of(repaired_file.notebook) == ids_of(release)
    assert cell_of(repaired_file.notebook, "max_norm").source == cell_of(release, "max_norm").source


def test_a_file_of_a_million_lists_is_not_parsed(release):
    assert repair(b'{"cells":[' + b"[]," * 1_000_001 + b"1]}", release, Limits()).unreadable


# What happens to cells


def test_blank_copies_do_not_override_an_answer(work, release):
    blank = cell_of(release, "max_norm")
    work.cells = [blank, *work.cells, blank]
    assert notes_after_repair(work, release) == [
        "cell max_norm: it was there 3 times: copies as released were left out"
    ]


def test_an_answered_copy_at_the_end_counts_if_it_is_the_only_one(work, release):
    work.cells.append(cell_of(work, "max_norm"))
    work.cells[place_of(release, "max_norm")] = cell_of(release, "max_norm")
    assert notes_after_repair(work, release) == [
        "cell max_norm: it was there 2 times: copies as released were left out",
        "cell test_max_norm: it came before what it tests and was moved after it",
    ]


def test_all_answered_copies_are_kept_in_their_order(work, release):
    work.cells.insert(place_of(work, "test_max_norm"), {**cell_of(work, "max_norm"), "source": OTHER})
    notebook, notes = repaired(work, release)
    assert notes == ["cell max_norm: it was there 2 times: all the student's texts are kept in their order"]
    place = place_of(notebook, "max_norm")
    assert [c.source for c in notebook.cells[place : place + 2]] == [ANSWER, OTHER]


def test_a_copied_test_counts_once(work, release):
    work.cells.append(cell_of(work, "test_max_norm"))
    assert notes_after_repair(work, release) == [
        "cell test_max_norm: it was there 2 times: copies as released were left out"
    ]


def test_a_deleted_test_comes_back_after_its_solution(work, release):
    work.cells.remove(cell_of(work, "test_max_norm"))
    assert notes_after_repair(work, release) == ["cell test_max_norm: it was missing and was put back as released"]


def test_a_deleted_answer_comes_back_blank(work, release):
    work.cells.remove(cell_of(work, "max_norm"))
    notebook, notes = repaired(work, release)
    assert notes == ["cell max_norm: it was missing and was put back as released"]
    assert [c.source for c in notebook.cells] == [c.source for c in release.cells]


@pytest.mark.parametrize("kind", ["markdown", "raw", "sql", ["code"]])
def test_a_retyped_cell_is_code_again(kind, work, release):
    cell_of(work, "max_norm")["cell_type"] = kind
    assert notes_after_repair(work, release) in (
        [],
        [f"cell max_norm: it had become a {kind} cell and is a code cell again"],
    )


def test_a_changed_test_is_restored(work, release):
    cell_of(work, "test_max_norm").source = "print(100)"
    notebook, notes = repaired(work, release)
    assert notes == ["cell test_max_norm: it was changed and has its released text again"]
    assert "check(max_norm)" in cell_of(notebook, "test_max_norm").source


def test_points_flags_tags_and_kernel_are_those_of_the_release(work, release):
    cell = cell_of(work, "test_max_norm")
    cell.metadata.nbgrader |= {"points": 1000, "locked": False, "solution": True}
    cell.metadata["tags"] = ["skip-execution"]
    work.metadata["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    assert notes_after_repair(work, release) == []
    notebook, _ = repaired(work, release)
    assert cell_of(notebook, "test_max_norm").metadata == cell_of(release, "test_max_norm").metadata
    assert notebook.metadata == release.metadata


@pytest.mark.parametrize("label", [7, [], {"grade_id": ["max_norm"]}, {"grade_id": "max_norm2"}, None])
def test_an_answer_without_its_id_is_found_by_name(label, work, release):
    cell_of(work, "max_norm").metadata["nbgrader"] = label
    note = "cell max_norm: the answer was found in another cell, which defines `max_norm`"
    assert notes_after_repair(work, release) == [note]


def test_a_notebook_without_any_metadata_loses_nothing(releases):
    for release in releases.values():
        work = fill_solutions(copy.deepcopy(release), "assignment1")
        before = [cell.source for cell in work.cells]
        for cell in work.cells:
            cell.metadata.clear()
        assert [cell.source for cell in repaired(work, release)[0].cells] == before


def test_a_written_answer_without_its_id_is_found_by_its_place(work, release):
    answer = cell_of(work, "softmax-q1")
    answer.metadata.clear()
    answer.source = "Because."
    for around in ([], [-1], [1]):
        mangled = copy.deepcopy(work)
        place = mangled.cells.index(answer)
        for offset in around:
            del mangled.cells[place + offset]
        notebook, notes = repaired(mangled, release)
        assert cell_of(notebook, "softmax-q1").source == "Because."
        assert notes[0] == "cell softmax-q1: it had lost its id and was found by its place"


def test_an_answer_in_another_cell_is_not_overridden_by_the_blank_one(work, release):
    cell_of(work, "max_norm").source = cell_of(release, "max_norm").source
    for place in (1, place_of(work, "test_max_norm"), len(work.cells)):
        mangled = copy.deepcopy(work)
        mangled.cells.insert(place, code(ANSWER))
        assert "cell max_norm: the answer was found in another cell, which defines `max_norm`" in notes_after_repair(
            mangled, release
        )


def test_an_answer_merged_into_another_graded_cell_is_left_there(work, release):
    cell_of(work, "regularization").source = f"def regularization(*args):\n    return args\n\n\n{ANSWER}"
    for blank in (True, False):
        cell_of(work, "max_norm").source = cell_of(release, "max_norm").source
        if not blank:
            work.cells.remove(cell_of(work, "max_norm"))
        notebook, notes = repaired(work, release)
        note = "the answer was found in the cell regularization, which defines `max_norm`"
        assert notes == [f"cell max_norm: {note}"]
        assert not defined_names(cell_of(notebook, "max_norm").source)


def test_an_answer_merged_into_a_test_stands_in_a_cell_of_its_own(work, release):
    cell_of(work, "test_regularization").source += f"\n\n{ANSWER}"
    work.cells.remove(cell_of(work, "max_norm"))
    assert notes_after_repair(work, release)[1].endswith("; the definitions in it were moved to a cell of their own")


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("cut", [20, 24])
def test_a_split_function_is_joined(label, cut, work, release):
    cell = cell_of(work, "max_norm")
    second = {**cell, "source": ANSWER[cut:]} if label else code(ANSWER[cut:])
    cell.source = ANSWER[:cut].removesuffix("\n")
    work.cells.insert(work.cells.index(cell) + 1, second)
    assert notes_after_repair(work, release) == ["cell max_norm: it had been split: its parts were joined"]


def test_methods_are_found_in_classes(releases):
    work = fill_solutions(copy.deepcopy(releases["knn"]), "assignment1")
    name = "KNearestNeighbor-predict_labels"
    answer = cell_of(work, name)
    text = answer.source
    answer.metadata.clear()
    work.cells.append(cell_of(releases["knn"], name))
    notebook, notes = repaired(work, releases["knn"])
    assert cell_of(notebook, name).source == text
    assert notes == [
        f"cell {name}: the answer was found in another cell, which defines `KNearestNeighbor.predict_labels`"
    ]


def test_reversed_cells_are_put_in_order(releases):
    work = fill_solutions(copy.deepcopy(releases["knn"]), "assignment1")
    work.cells.reverse()
    notebook, _ = repaired(work, releases["knn"])
    sources = [cell.source for cell in notebook.cells]
    places = [next(n for n, s in enumerate(sources) if s.startswith(start)) for start in ("import", "class KNearestN")]
    assert places == sorted(places)
    for grade_id in ids_of(releases["knn"]):
        if grade_id.startswith("test_"):
            assert places[-1] < place_of(notebook, grade_id.removeprefix("test_")) < place_of(notebook, grade_id)


def test_imports_come_back_only_if_they_are_used(work, release):
    del work.cells[: place_of(work, "max_norm")]
    assert not any("import" in note for note in notes_after_repair(work, release))
    cell_of(work, "max_norm").source = ANSWER.replace("2", "np.sqrt(4)")
    notebook, notes = repaired(work, release)
    imports = next(c.source for c in release.cells if c.cell_type == "code")
    first_line = imports.partition("\n")[0]
    assert f"cell `{first_line}`: it was missing, changed or too late and was put before the answers" in notes
    assert notebook.cells[0].source == imports


def test_a_students_own_cells_stay(work, release):
    own_cells = [code("draft = 1"), code("check(max_norm)"), nbformat.v4.new_markdown_cell("note"), code("?len\n%pwd")]
    work.cells[5:5] = own_cells
    notebook, notes = repaired(work, release)
    assert notes == []
    assert [cell.source for cell in notebook.cells[5:9]] == [cell.source for cell in own_cells]


def test_cells_beyond_the_limits_are_left_out_but_not_graded_ones(work, release):
    work.cells[:0] = [code(f"x = {n}") for n in range(300)] + [code("#" * 3000)]
    notes = repaired(work, release, Limits(cells=200, cell_bytes=2000))[1]
    assert "cell `" + "#" * 40 + "`: it holds 3000 bytes, more than the 2000 allowed, and was left out" in notes
    assert f"the notebook has {len(work.cells)} cells, more than the 200 allowed" in notes
    assert cell_of(repaired(work, release, Limits(cells=200))[0], "max_norm").source == ANSWER


def test_of_very_many_notes_the_first_are_kept_on_one_line_each(work, release):
    work.cells = [code(f"def f{n}():\n  return\x1b\xa0\u200b1") for n in range(150)]
    notes = repaired(work, release)[1]
    assert len(notes) == 101
    assert notes[-1].endswith("more repairs")
    assert all(note.isprintable() for note in notes)


def test_only_pictures_stay_attached(work, release):
    pictures = {"a.png": {"image/png": PNG}}
    bad = {
        "b.svg": {"image/svg+xml": "<svg/>"},
        "c.png": {"image/png": "?"},
        "d": 7,
        "e.gif": {"image/gif": "A" * 5_000_001},
    }
    cell_of(work, "softmax-q1")["attachments"] = pictures | bad
    notebook, notes = repaired(work, release)
    assert cell_of(notebook, "softmax-q1").attachments == pictures
    note = "attachments were left out, a cell may have 5 MB of PNG, JPEG or GIF pictures"
    assert notes == [f"cell softmax-q1: {note}"]


# What happens to files


def as_format_3(work):
    cells = json.loads(json.dumps(work.cells))
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source").splitlines(keepends=True)
    cells.append({"cell_type": "heading", "level": 2, "source": "End", "metadata": {}})
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]})


FILES = {
    "format 3": lambda work: as_format_3(work).encode(),
    "unknown format": lambda work: json.dumps({**work, "nbformat": 99}).encode(),
    "lists of lines": lambda work: nbformat.writes(work).encode(),
    "UTF-16": lambda work: json.dumps(work, ensure_ascii=False).encode("utf-16"),
    "UTF-32": lambda work: json.dumps(work, ensure_ascii=False).encode("utf-32-be"),
    "byte order mark": lambda work: json.dumps(work).encode("utf-8-sig"),
    "Latin-1": lambda work: json.dumps(work, ensure_ascii=False).encode("latin-1", "replace"),
    "newlines in strings": lambda work: json.dumps(work).replace("c):\\n", "c):\n").encode(),
    "huge numbers": lambda work: json.dumps({**work, "x": 0}).replace('"x": 0', f'"x": {"9" * 9999}').encode(),
    "no number": lambda work: json.dumps({**work, "x": float("nan")}).encode(),
}
DAMAGED = {
    "rubbish before": lambda text: "rubbish " + text,
    "end missing": lambda text: text[:-3000],
    "start missing": lambda text: text[3000:],
    "in another object": lambda text: f'{{"content": {text}}}',
    "comma missing": lambda text: text.replace('W, c):\\n",', 'W, c):\\n"'),
    "quote missing": lambda text: text.replace('"def max_norm(W, c):\\n"', "def max_norm(W, c):\\n"),
    "too deep": lambda text: text.replace('"cells": [', '"cells": [{"metadata": ' + "[" * 9999 + "]" * 9999 + "},"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_form_of_a_notebook_is_read(name, work, release):
    assert notes_after_repair(FILES[name](work), release) == []


@pytest.mark.parametrize("name", DAMAGED)
def test_the_cells_of_a_damaged_file_are_recovered(name, work, release):
    text = nbformat.writes(work)
    damaged = DAMAGED[name](text)
    assert damaged != text
    assert "the file is not a sound notebook" in notes_after_repair(damaged.encode(), release)[0]


def test_text_after_a_notebook_is_ignored(work, release):
    assert notes_after_repair(json.dumps(work).encode() + b"}]", release) == []


def test_invalid_cells_are_left_out(work, release):
    odd = [3, None, {}, {"cell_type": "code", "source": 7}, {"cell_type": "code", "source": [1]}]
    assert notes_after_repair({**work, "cells": [*odd, *work.cells]}, release) == [
        "cells that cannot be read were left out: 5"
    ]


def test_of_two_versions_between_conflict_markers_ours_comes_last(work, release):
    text = json.dumps(work, indent=1)
    line = next(line for line in text.split("\n") if "return 2 * W" in line)
    other = line.replace("2 * W", "3 * W")
    for ours, theirs, expected in ((line, other, [OTHER, ANSWER]), (line, "{{", [ANSWER]), (line, line, [ANSWER])):
        both = text.replace(line, f"<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> theirs")
        notebook, notes = repaired(both.encode(), release)
        assert [c.source for c in notebook.cells if c.source.startswith("def max_norm")] == expected
        assert "conflict markers of git" in notes[0]


# Repair of code

REPAIRED_CODE = {
    "its line ends were replaced": ANSWER.replace("\n", "\u2028"),
    "invisible characters were removed": ANSWER.replace("(", "\u200b(\0"),
    "odd spaces were replaced by plain ones": ANSWER.replace(" ", "\xa0"),
    "typographic characters were replaced by Python's own": ANSWER.replace("(", "（"),
    "of the two versions between git's conflict markers one was taken": f"<<<<<<< a\n{ANSWER}\n=======\n(\n>>>>>>> b",
    "the lines ``` around the code were removed": f"Here it is:\n```python\n{ANSWER}\n```\nHave fun!",
    "the prompts before the code were removed": ">>> " + ANSWER.replace("\n", "\n... "),
    "its indentation was made even": "  " + ANSWER.replace("\n", "\n  "),
}


@pytest.mark.parametrize("note", REPAIRED_CODE)
def test_changes_by_editors_are_repaired(note, work, release):
    broken = REPAIRED_CODE[note]
    assert syntax_error(broken)
    cell_of(work, "max_norm").source = broken
    notebook, notes = repaired(work, release)
    assert notes == [f"cell max_norm: {note}"]
    assert cell_of(notebook, "max_norm").source.strip() == ANSWER


def test_tabs_among_spaces_become_spaces():
    text = "def f(x):\n    if x:\n\ty = 1\n    return x"
    for broken in (text, text.replace("\ty", "\t    y").replace("    if", "\tif")):
        repaired_text, note = repair_source(broken)
        assert (note, syntax_error(repaired_text)) == ("its indentation was made even", "")


@pytest.mark.parametrize(
    "stray_text", ["I am done, am I?", "print(max_norm(", "return W", "1 2", "    stray", "x = 'a"]
)
def test_stray_text_costs_nothing(stray_text):
    repaired_text, note = repair_source(f"hello there\n{ANSWER}\n\n{stray_text}\n\n@cache\ndef g():\n    return 1\n")
    assert {"max_norm", "g"} <= defined_names(repaired_text)
    assert note.startswith("line ")
    assert ": lines that are not Python were left out, the rest is run" in note


def test_a_function_that_is_no_python_is_named(work, release):
    cell_of(work, "max_norm").source = "def max_norm(W, c):\n    return W +"
    notebook, notes = repaired(work, release)
    assert notes == ["cell max_norm: line 2 is not Python (invalid syntax)"]
    assert "return W +" in cell_of(notebook, "max_norm").source


@pytest.mark.parametrize(
    "text",
    [
        "%matplotlib inline\n!ls *.py\nx = !ls\nlen?\n  %time y = 1"[:-13],
        "%%time\nx = 1",
        "%%bash\nif [ ]; then fi",
        "s = '“\u00a0”'",
        "x = 1 \\\n + 2",
        "await f()",
        "# only a comment",
        "",
    ],
)
def test_code_that_ipython_runs_is_not_changed(text):
    assert repair_source(text) == (text, "")


@pytest.mark.parametrize("text", ["(" * 40_000, "-" * 40_000 + "1", "x = " + "9" * 5000, "\ud800", "def f():\n" * 2000])
def test_code_that_python_cannot_stand_is_left_as_it_is(text):
    assert repair_source(text) == (text, "")
    defined_names(text)


def test_definitions_are_found_wherever_they_stand():
    text = """
import a.b as c, d.e
from f import g as h
if True:
    def i(): pass
try:
    class J:
        k = 1
        async def l(self): pass
except ImportError:
    m = lambda x: x
J.n = m
(o): int = 3
"""
    assert defined_names(text) == {"c", "d", "h", "i", "J", "J.k", "J.l", "m", "J.n", "o"}
    assert defined_names("def f(:\nclass G\nh = 3") == {"f", "G", "h"}
