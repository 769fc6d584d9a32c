"""Which room of autograder/ may import which, and which part of chainrule/ which: each imports only lower ones."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# From the top to the bottom; rooms on one line know nothing of each other.
FLOORS = (
    {"__main__"},
    {"commands"},
    {"demo", "replay", "nbgrader_plugin", "plugin"},
    {"plainfile", "pages"},
    {"grading"},
    {"sandbox"},
    {"course"},
    {"tasks"},
    {"submission", "course_table"},
    {"names", "python_parser"},
    {"errors", "__init__"},
)
# `configure` is named in nbgrader_config.py by the older name, too; `hidden_tests` is called in source notebooks.
ALLOWED = {("plugin", "nbgrader_plugin"), ("__init__", "tasks")}
# What every student gets may import nothing that is taught, and no lesson; check asks the grader where it is installed.
ALWAYS = {"checkpoints", "data", "errors", "gradcheck", "judging", "mine", "plotting", "shapes", "solver", "threads"}


def imports(package):
    """Yield (file, room of the file, room of the imported module) for every import."""
    for file in sorted((ROOT / package).rglob("*.py")):
        room = file.relative_to(ROOT / package).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in imported(node):
                if name.split(".")[0] == package:
                    yield file, room, (name.split(".") + ["__init__"])[1]


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if "." in node.module else [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def floor(room):
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def wrong_imports(edges):
    return [
        f"{file.relative_to(ROOT)} imports {target}"
        for file, source, target in edges
        if source != target and (source, target) not in ALLOWED and floor(source) >= floor(target)
    ]


def test_every_room_imports_only_lower_rooms():
    assert wrong_imports(imports("autograder")) == []


def test_an_import_upwards_or_sideways_is_found():
    file = ROOT / "autograder" / "x.py"
    edges = [(file, "sandbox", "grading"), (file, "pages", "replay"), (file, "plainfile", "pages")]
    assert wrong_imports(edges) == [f"autograder/x.py imports {room}" for room in ("grading", "replay", "pages")]


def test_every_room_has_a_docstring():
    for folder in sorted(path.parent for path in (ROOT / "autograder").rglob("__init__.py")):
        text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
        assert len(text.split()) > 5, folder.name


def test_modules_in_every_release_import_nothing_that_is_taught():
    edges = [(file, source, target) for file, source, target in imports("chainrule") if source in ALWAYS]
    assert {target for _, source, target in edges if source != target} <= ALWAYS


def test_only_lessons_import_lessons():
    assert [
        str(file) for file, source, target in imports("chainrule") if target == "lessons" and source != "lessons"
    ] == []


@pytest.mark.parametrize("package", ["autograder", "chainrule"])
def test_files_are_short(package):
    long = {
        str(file.relative_to(ROOT)): lines
        for file in (ROOT / package).rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").split("\n"))) > 400
    }
    assert long == {}
