"""Judge the functions of a plain Python file as hidden tests would: `judge_file`.

The file runs in the same sandbox as a notebook; tasks are found by name.
"""

import tempfile
from pathlib import Path

from autograder.edition import TAUGHT, write_edition
from autograder.errors import UsageError
from autograder.specs import TASKS, task_named
from autograder.step import Run

__all__ = ["judge_file", "read_code"]


def judge_file(path, options, seed, task=None):
    """Return the verdicts on all tasks that a file defines, or on the one that is named."""
    text = read_code(path)
    wanted = [task_named(task)] if task else TASKS
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        write_edition(folder, next(iter(TAUGHT)))
        run = Run(folder, options)
        try:
            problem = _load(run, text)
            present = run.defines([t.name for t in wanted])
            found = [run.judge(t, seed) for t in wanted if t.name in present]
        finally:
            run.close()
    if not found:
        names = task or "as a task is (see `autograder tasks`)"
        raise UsageError(f"{path}: expected a function called {names}, found none{problem}")
    return found


def read_code(path):
    """Return the text of a Python file."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        raise UsageError(f"judge: expected a Python file, got {path}") from None
    except UnicodeDecodeError:
        raise UsageError(f"judge: expected a Python file in UTF-8, got other bytes in {path}") from None


def _load(run, text):
    """Run the file; return what went wrong, as the end of a sentence."""
    outputs = run.cell("import numpy as np") + run.cell(text)
    for output in outputs:
        if output["output_type"] == "error":
            return f"; running it raised {output['ename']}: {' '.join(output['evalue'].split())[:200]}"
        if output.get("text", "").startswith("[grader]"):
            return f"; running it: {output['text'].removeprefix('[grader] ').strip()}"
    return ""
