"""Judge the functions of a plain Python file as hidden tests would: `judge_file`.

The file runs in the same sandbox as a notebook; tasks are found by name.
"""

import tempfile
from pathlib import Path

from autograder.edition import write_edition
from autograder.errors import UsageError
from autograder.specs import TASKS, task_named
from autograder.step import Run

__all__ = ["judge_file"]


def judge_file(path, options, seed, task=None):
    """Return the verdicts on all tasks that a file defines, or on the one that is named."""
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"judge: expected a Python file, got {path}")
    wanted = [task_named(task)] if task else TASKS
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        write_edition(folder, "assignment1")
        run = Run(folder, options)
        try:
            problem = _load(run, path)
            present = run.defines([t.name for t in wanted])
            found = [run.judge(t, seed) for t in wanted if t.name in present]
        finally:
            run.close()
    if not found:
        names = task or "a task's name"
        raise UsageError(f"{path}: expected a function called {names}, found none{problem}")
    return found


def _load(run, path):
    """Run the file; return what it raised, as the end of a sentence."""
    outputs = run.cell("import numpy as np") + run.cell(path.read_text(encoding="utf-8"))
    errors = [o for o in outputs if o["output_type"] == "error"]
    return f"; running it raised {errors[0]['ename']}: {errors[0]['evalue']}" if errors else ""
