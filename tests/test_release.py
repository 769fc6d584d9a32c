"""Releases: their contents, what must not be in them, and that a failed one changes nothing."""

import re
import shutil

import nbformat
import pytest
from student import packages

from autograder.course.edition import PACKAGE, edition_files
from autograder.course.folder import read_folder
from autograder.course.leaks import find_leaks
from autograder.course.release import release
from autograder.course.sync import solution_text
from autograder.course_table import course_table
from autograder.errors import GradingError, SpecError, UsageError
from autograder.tasks.catalog import TASKS, task_named

ASSIGNMENTS = sorted({task.assignment for task in TASKS})


@pytest.fixture(scope="module")
def released(root):
    return root / "assignments" / "assignment1"


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_checked_in_release_is_what_release_makes_now(course, root, assignment):
    release(course, assignment)
    new, stored = (read_folder(folder / "assignments" / assignment) for folder in (course.root, root))
    assert new.keys() == stored.keys()
    assert [path for path in new if new[path] != stored[path]] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_package_in_a_release_is_the_checkouts(root, assignment):
    released = root / "assignments" / assignment / "chainrule"
    stored = {path.relative_to(released) for path in released.rglob("*") if path.suffix in (".py", ".json")}
    assert stored == set(edition_files(assignment))
    assert [path for path in stored if (released / path).read_bytes() != (PACKAGE / path).read_bytes()] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_has_no_leaks(root, assignment):
    assert find_leaks(root / "assignments" / assignment) == []


def names_in(folder):
    """Return the modules and packages of a chainrule folder, without its data; those of lessons/ separately."""
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    lessons = {f"lessons.{path.stem}" for path in (folder / "lessons").glob("*.py")} - {"lessons.__init__"}
    return names - {"lessons"} | lessons


def test_every_module_is_taught_brought_or_always_present():
    always = {"__init__", "check", "checkpoints", "data", "errors", "gradcheck", "judging", "mine", "plotting"}
    listed = {module for row in course_table().values() for module in row.teaches + row.added_modules}
    assert names_in(PACKAGE) == always | {"shapes", "solver", "threads"} | listed


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_release_contains_modules_of_earlier_assignments_and_none_of_its_own(root, assignment):
    modules = names_in(root / "assignments" / assignment / "chainrule")
    for name, row in course_table().items():
        assert modules & set(row.teaches) == (set(row.teaches) if name < assignment else set())
        assert modules & set(row.added_modules) == (set(row.added_modules) if name <= assignment else set())
        assert all((root / "assignments" / assignment / path).exists() == (name <= assignment) for path in row.data)


# --- leaks: one for each kind ---


@pytest.fixture
def folder(released, tmp_path):
    return shutil.copytree(released, tmp_path / "assignment1", ignore=shutil.ignore_patterns("__pycache__"))


def plant(folder, source):
    path = folder / "knn.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, path)


def test_a_solution_is_found(folder):
    plant(folder, solution_text(task_named("max_norm")))
    assert any("BEGIN SOLUTION" in line for line in find_leaks(folder))


def test_a_solution_with_other_names_and_no_markers_is_found(folder):
    text = task_named("softmax_loss_vectorized").source().replace("exp_scores", "e").replace("num_train", "n")
    plant(folder, text.replace("def softmax_loss_vectorized", "def mine"))
    assert any("reference code of softmax_loss_vectorized" in line for line in find_leaks(folder))


def test_a_solution_of_one_line_is_found(folder):
    plant(folder, "def f(self, X):\n    return np.argmax(X @ self.W, axis=1)")
    assert any("reference code of LinearClassifier.predict" in line for line in find_leaks(folder))


@pytest.mark.parametrize("marker", ["### BEGIN HIDDEN TESTS", "=== BEGIN MARK SCHEME ===", "hidden_tests(f)"])
def test_marks_of_the_instructor_version_are_found(folder, marker):
    plant(folder, f"# {marker}")
    assert len(find_leaks(folder)) == 1


def test_a_module_taught_here_is_found(folder, root):
    shutil.copy(root / "chainrule" / "linear.py", folder / "chainrule")
    assert any("taught in this assignment" in line for line in find_leaks(folder))


def test_a_package_taught_here_is_found(root, tmp_path):
    target = tmp_path / "assignment4" / "chainrule" / "recurrent"
    shutil.copytree(root / "chainrule" / "recurrent", target)
    assert any("taught in this assignment" in line for line in find_leaks(tmp_path / "assignment4"))


@pytest.mark.parametrize("name", ["gradebook.db", "my_solution.py", ".secret.json", "x.pyc"])
def test_files_of_the_graders_are_found(folder, name):
    (folder / name).write_text("", encoding="utf-8")
    assert len(find_leaks(folder)) == 1


def test_a_link_is_found(folder, tmp_path):
    (folder / "link.txt").symlink_to(tmp_path)
    assert find_leaks(folder) == ["link.txt: is a symbolic link"]


def test_stored_outputs_are_found(folder):
    path = folder / "knn.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if c.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="0.98")]
    nbformat.write(notebook, path)
    assert any("stored outputs" in line for line in find_leaks(folder))


def test_no_such_folder(tmp_path):
    with pytest.raises(UsageError, match="expected a released folder"):
        find_leaks(tmp_path / "none")


# --- a release that fails leaves the old one alone ---


def change_source(course, grade_id, change):
    path = course.root / "source/assignment1/softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            change(cell)
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    ("grade_id", "change", "error", "message"),
    [
        ("max_norm", lambda c: c.update(source="pass"), SpecError, "autograder sync"),
        ("softmax-q1", lambda c: c.metadata.nbgrader.update(solution=False), SpecError, "softmax-q1"),
    ],
)
def test_an_inconsistent_source_notebook_is_refused(course, grade_id, change, error, message):
    change_source(course, grade_id, change)
    before = read_folder(course.root / "assignments")
    with pytest.raises(error, match=message):
        release(course, "assignment1")
    assert read_folder(course.root / "assignments") == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        (task_named("max_norm").source(), GradingError, "reference code of max_norm"),
        (
            "from chainrule import experiments",
            SpecError,
            "softmax.ipynb: imports experiments from chainrule, which has",
        ),
        ("def f():\n    import chainrule.linear", SpecError, "imports chainrule.linear, which is not in the folder"),
    ],
    ids=["leak", "provided later", "taught here"],
)
def test_a_misplaced_cell_stops_the_release(course, cell, error, message):
    path = course.root / "source/assignment1/softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(cell))
    nbformat.write(notebook, path)
    before = read_folder(course.root / "assignments")
    with pytest.raises(error, match=message):
        release(course, "assignment1")
    assert read_folder(course.root / "assignments") == before
    assert not list(course.root.glob(".release*"))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_released_folder_has_a_readme_that_says_it_is_generated(root, assignment):
    text = (root / "assignments" / assignment / "README.md").read_text(encoding="utf-8")
    row = course_table()[assignment]
    assert text.startswith("<!-- Generated by `autograder release`")
    assert f"# {row.title}\n" in text
    places = [text.index(f"`{notebook}.ipynb`") for notebook in row.notebooks]
    assert places == sorted(places)
    assert packages(root) == re.findall(r'"([^"]+>=[^"]+)"', text)


def test_a_readme_in_source_is_the_one_that_students_get(course, monkeypatch):
    (course.path("source", "assignment1") / "README.md").write_text("Bring your own data.", encoding="utf-8")
    monkeypatch.setattr("autograder.course.edition.write_key", lambda *_: None)
    release(course, "assignment1")
    assert (course.path("release", "assignment1") / "README.md").read_text(encoding="utf-8") == "Bring your own data."
