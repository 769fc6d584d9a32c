"""Mangled notebooks come back in the shape of the release, with the student's work in them."""

import json

import nbformat
import pytest

from autograder.repair import repair


@pytest.fixture
def release(root):
    return nbformat.read(root / "assignments/assignment1/softmax.ipynb", as_version=4)


@pytest.fixture
def work(release):
    """A submission in which max_norm was answered."""
    made = nbformat.from_dict(json.loads(json.dumps(release)))
    cell_of(made, "max_norm").source = "def max_norm(W, c):\n    return W"
    return made


def cell_of(notebook, grade_id):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def ids_of(notebook):
    return [c.metadata["nbgrader"]["grade_id"] for c in notebook.cells if "nbgrader" in c.metadata]


def repaired(work, release):
    notebook, notes = repair(nbformat.writes(work).encode(), release)
    nbformat.validate(notebook)
    assert sorted(ids_of(notebook)) == sorted(ids_of(release))
    return notebook, notes


def test_a_sound_notebook_is_kept(work, release):
    notebook, notes = repaired(work, release)
    assert notes == []
    assert [c.source for c in notebook.cells] == [c.source for c in work.cells]


def test_a_copied_cell_counts_once(work, release):
    copy = nbformat.from_dict(json.loads(json.dumps(cell_of(work, "max_norm"))))
    copy["id"] = "another"
    copy.source = "raise SystemExit"
    work.cells.append(copy)
    notebook, notes = repaired(work, release)
    assert notes == ["cell max_norm stands twice: the first one counts"]
    assert cell_of(notebook, "max_norm").source == "def max_norm(W, c):\n    return W"


def test_a_deleted_test_cell_comes_back_after_its_solution(work, release):
    work.cells.remove(cell_of(work, "test_max_norm"))
    notebook, notes = repaired(work, release)
    assert notes == ["cell test_max_norm was missing: it was put back as released"]
    assert (
        notebook.cells.index(cell_of(notebook, "test_max_norm"))
        == notebook.cells.index(cell_of(notebook, "max_norm")) + 1
    )


def test_a_retyped_cell_is_code_again_with_the_students_text(work, release):
    cell = cell_of(work, "max_norm")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    notebook, notes = repaired(work, release)
    assert notes == ["cell max_norm had become a markdown cell: it is a code cell again"]
    assert cell_of(notebook, "max_norm").source == "def max_norm(W, c):\n    return W"


def test_a_changed_test_cell_is_restored(work, release):
    cell_of(work, "test_max_norm").source = "print(100)"
    notebook, notes = repaired(work, release)
    assert notes == ["cell test_max_norm was changed: the released text is used"]
    assert "check(max_norm)" in cell_of(notebook, "test_max_norm").source


def test_changed_points_and_tags_are_those_of_the_release(work, release):
    cell = cell_of(work, "test_max_norm")
    cell.metadata.nbgrader["points"] = 100
    cell.metadata["tags"] = ["skip-execution"]
    notebook, _ = repaired(work, release)
    assert cell_of(notebook, "test_max_norm").metadata == cell_of(release, "test_max_norm").metadata


def test_metadata_of_the_wrong_kind_does_no_harm(work, release):
    work.cells[3].metadata["nbgrader"] = 7
    work.cells[4].metadata["nbgrader"] = {"grade_id": ["max_norm"]}
    repaired(work, release)


def test_another_kernel_is_not_obeyed(work, release):
    work.metadata["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    notebook, _ = repaired(work, release)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff\xfe{\x00}\x00", b'{"cells": 3}', b'{"nbformat": 99, "cells": []}', b"null"]
)
def test_what_is_no_notebook_becomes_a_blank_one(data, release):
    notebook, notes = repair(data, release)
    assert notes == ["the file is not a Jupyter notebook: it cannot be read"]
    assert sorted(ids_of(notebook)) == sorted(ids_of(release))


def test_a_missing_notebook_becomes_a_blank_one(release):
    assert repair(None, release)[1] == ["the notebook was not submitted"]


def test_a_huge_file_is_not_read(release):
    assert "more than the 10 allowed" in repair(b" " * 11, release, limit=10)[1][0]


def test_the_release_is_not_changed(work, release):
    before = json.dumps(release)
    repaired(work, release)
    assert json.dumps(release) == before
