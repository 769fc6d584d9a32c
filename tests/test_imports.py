"""Every import of a release resolves: in the folder, the standard library, or the README's install line."""

import ast
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from student import import_names, packages

from autograder.course.edition import write_modules
from autograder.course.import_check import missing_imports, other_packages
from autograder.course_table import course_table
from autograder.demo.example_class import fill_solutions

OPTIONAL = {"autograder", "h5py"}  # the grader's own tests, which a student does not run; CS231n's pictures


def new_release(root, folder, assignment):
    """Write what a release would hold now, its notebooks with solutions and without hidden tests."""
    write_modules(folder, assignment)
    for path in sorted((root / "source" / assignment).glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = cell.source.partition("### BEGIN HIDDEN TESTS")[0]
        nbformat.write(notebook, folder / path.name)
    return folder


def stored_and_filled(root, folder, assignment):
    """Write the modules of the stored release, its notebooks with the reference solutions."""
    released = root / "assignments" / assignment
    for path in (p for p in released.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        target = folder / path.relative_to(released)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    for path in folder.glob("*.ipynb"):
        nbformat.write(fill_solutions(nbformat.read(path, as_version=4), assignment), path)
    return folder


def folders(root, tmp_path, assignment):
    """Return the stored release, the same with the answers filled in, and a new one."""
    yield root / "assignments" / assignment
    yield stored_and_filled(root, tmp_path / "filled", assignment)
    yield new_release(root, tmp_path / "now", assignment)


@pytest.mark.parametrize("assignment", course_table())
def test_every_import_of_a_release_is_in_it_or_in_the_students_packages(root, tmp_path, assignment):
    allowed = set(sys.stdlib_module_names) | import_names(root)
    for folder in folders(root, tmp_path, assignment):
        assert missing_imports(folder) == []
        packages = other_packages(folder)
        assert {name for name, needed in packages.items() if needed} <= allowed
        assert packages.keys() <= allowed | OPTIONAL


@pytest.mark.parametrize("assignment", course_table())
def test_every_file_that_a_release_reads_is_in_it(root, tmp_path, assignment):
    for folder in folders(root, tmp_path, assignment):
        assert [line for path in sorted(folder.rglob("*.py")) for line in absent_files(path, folder)] == []


def absent_files(path, folder):
    """Return the missing files that a module names relative to itself, its package or the working folder."""
    names = {"Path": Path, "__file__": str(path), "files": lambda name: folder / name.replace(".", "/")}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.BinOp | ast.Call) and names.keys() & {getattr(n, "id", "") for n in ast.walk(node)}:
            try:
                value = eval(compile(ast.Expression(node), path, "eval"), {"__builtins__": {}} | names)
            except Exception:
                continue
            if isinstance(value, Path) and value.suffix and not (folder / value).exists():
                yield f"{path.relative_to(folder)}: {value}"


def test_modules_that_read_missing_files_are_found(root, tmp_path):
    """Without the data of assignment 4 both ways of naming a file are found."""
    write_modules(tmp_path, "assignment4")
    (tmp_path / "datasets/shapes_net.npz").unlink()
    (tmp_path / "chainrule/registry.json").unlink()
    lines = [line for path in sorted(tmp_path.rglob("*.py")) for line in absent_files(path, tmp_path)]
    assert {line.split(":")[0] for line in lines} == {"chainrule/data.py", "chainrule/shapes_net.py"}


def test_the_students_install_line_is_parsed(root):
    assert "numpy>=2.0" in packages(root)
    assert {"numpy", "sklearn", "IPython"} <= import_names(root)
    assert not {"nbgrader", "autograder", "chainrule", "pytest"} & import_names(root)


# --- what `missing_imports` finds, one for each kind ---

PACKAGE = {
    "__init__.py": "from pkg.one import used\nVERSION = 1\n",
    "one.py": "import math\n\ndef used():\n    hidden = 1\n\nfor number in range(3):\n    pass\n",
    "many.py": "from pkg.one import *\n",
    "free.py": "def __getattr__(name):\n    return name\n",
    "deep/__init__.py": "",
    "deep/low.py": "from ..one import used\nfrom . import other\nfrom .other import VALUE\n",
    "deep/other.py": "VALUE = 3\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in PACKAGE.items():
        path = tmp_path / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def in_notebook(folder, *cells):
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), folder / "work.ipynb")
    return missing_imports(folder)


@pytest.mark.parametrize(
    "cell",
    [
        "import pkg",
        "import pkg.deep.low as low\nlow.used()",
        "from pkg import one, used, VERSION, deep",
        "from pkg.one import math, number",
        "from pkg.many import used",
        "from pkg.free import anything",
        "import numpy as np\nnp.no_such_name",
        "from elsewhere import what",
        "from pkg import one\none = 3\none.real",
        "def f(one):\n    return one.real\nfrom pkg import one",
        "try:\n    import pkg.none\nexcept ImportError:\n    pass",
        "%matplotlib inline\n!ls\nfrom pkg import one",
        "%%bash\nls | wc",
    ],
)
def test_existing_imports_are_not_reported(folder, cell):
    assert in_notebook(folder, cell) == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import pkg.none", "imports pkg.none, which"),
        ("import pkg.one.deeper as d", "imports pkg.one.deeper, which"),
        ("from pkg.none import x", "imports pkg.none, which"),
        ("from pkg import none", "imports none from pkg, which"),
        ("from pkg.one import hidden", "imports hidden from pkg.one"),
        ("from pkg.many import none", "imports none from pkg.many"),
        ("from pkg import (one,\n    none)", "imports none from pkg"),
        ("def f():\n    class A:\n        from pkg import none", "imports none from pkg"),
        ("try:\n    from pkg import none\nexcept ValueError:\n    pass", "imports none from pkg"),
        ("%%time\nfrom pkg import none", "imports none from pkg"),
        ("x = !ls\nfrom pkg import none", "imports none from pkg"),
        ("from importlib import import_module\nimport_module('pkg.none')", "imports pkg.none"),
        ("from pkg import one\none.none()", "uses pkg.one.none"),
        ("import pkg\npkg.none", "uses pkg.none"),
        ("from . import one", "a package it is not in"),
    ],
)
def test_missing_imports_of_a_notebook_are_found(folder, cell, message):
    (line,) = in_notebook(folder, "import pkg", cell)
    assert line.startswith("work.ipynb: ")
    assert message in line


@pytest.mark.parametrize(
    "text", ["from .none import x", "from ..deep import none", "from ... import x", "from . import none"]
)
def test_missing_imports_of_a_module_are_found(folder, text):
    (folder / "pkg/deep/bad.py").write_text(f"def f():\n    {text}\n", encoding="utf-8")
    (line,) = missing_imports(folder)
    assert line.startswith("pkg/deep/bad.py: ")


def test_another_notebook_of_the_folder_is_a_module(root, tmp_path):
    write_modules(tmp_path, "assignment1")
    other = new_notebook(cells=[new_code_cell("def there():\n    pass")])
    nbformat.write(other, tmp_path / "other.ipynb")
    lines = in_notebook(
        tmp_path,
        "from chainrule.mine.other import there",
        "from chainrule.mine.other import gone",
        "from chainrule.mine.lost import there",
    )
    assert [line.split(", ")[0] for line in lines] == [
        "work.ipynb: imports chainrule.mine.lost",
        "work.ipynb: imports gone from chainrule.mine.other",
    ]
