"""Which tasks depend on a file that changed: `changed_tasks`."""

import ast
import subprocess
from functools import cache
from pathlib import Path

from autograder.errors import UsageError
from autograder.tasks.catalog import topics_of

from .answers import variants_of

__all__ = ["changed_tasks"]

ROOT = Path(__file__).parent.parent.parent


def changed_tasks(tasks, revision):
    """Return the tasks that depend on a file changed since a git revision."""
    command = ["git", "diff", "--name-only", revision, "--"]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if completed.returncode:
        raise UsageError(f"--changed: expected a revision of git, got {revision!r}: {completed.stderr.strip()}")
    changed_files = {ROOT / name for name in completed.stdout.splitlines()}
    if any(path.is_relative_to(Path(__file__).parent) and path.suffix == ".py" for path in changed_files):
        return tasks
    return [task for task in tasks if _files_of(task) & changed_files]


def _files_of(task):
    """Return the files that a task depends on: its spec and its imports, correct variants, recorded equivalents."""
    variants = {ROOT / "tests" / "variants" / f"{stem}.py" for stem in variants_of(task)}
    recorded = ROOT / "tests" / "mutants" / "equivalent" / f"{task.notebook}.toml"
    measuring = _imported(ROOT / "chainrule" / "check.py")
    return variants | {recorded} | measuring | _imported(_topic(task))


def _topic(task):
    """The file that lists the task."""
    modules = topics_of(task.assignment)
    return next(Path(module.__file__) for module in modules if any(task is other for other in module.TASKS))


@cache
def _imported(path):
    """Return a file and all files of the project that it imports, directly or not."""
    files, waiting = set(), [path]
    while waiting:
        path = waiting.pop()
        if path not in files and path.is_file():
            files.add(path)
            waiting += _imports(path)
    return frozenset(files)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            if name.split(".")[0] in ("autograder", "chainrule"):
                place = ROOT.joinpath(*name.split("."))
                yield from (place.with_suffix(".py"), place / "__init__.py")
