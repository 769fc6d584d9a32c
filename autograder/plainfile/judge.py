"""Judge the functions of a plain Python file as hidden tests would: `judge_file`.

The file runs in the same sandbox as a notebook. `autograder.plainfile.lending` says what it may use besides itself.
"""

import inspect
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import replace

from autograder.errors import UsageError
from autograder.grading.notebook import Run
from autograder.plainfile import foreign_imports as foreign
from autograder.plainfile.files import read_python
from autograder.plainfile.lending import (
    argument_text,
    cache_contents,
    lent_parts,
    parts_of_assignment,
    public_names,
    write_course,
)
from autograder.plainfile.parse import PythonFile
from autograder.tasks.catalog import TASKS, task_named
from chainrule.judging.verdict import NOT_ATTEMPTED, Outcome, Verdict

__all__ = ["judge_file"]

# The name of the text keeps its lines out of what is said about an error.
INSTALL = """
import types
_foreign = types.ModuleType("_foreign")
exec(compile({source!r}, "<runner>", "exec"), vars(_foreign))
_foreign.install(globals(), **{plan!r})
"""


def judge_file(path, options, seed, names=None):
    """Return the verdicts on all tasks that a file defines, or on those that are named."""
    wanted = [task_named(name) for name in names] if names else TASKS
    file = PythonFile(path, read_python(path), {task.name for task in TASKS})
    tasks = [task for task in wanted if task.name in file.names]
    verdicts_by_task, problems = {}, []
    try:
        groups = _groups(tasks, file)
    except RecursionError:  # what Python parses may still be nested too deeply to be looked through
        raise UsageError(
            f"{path}: expected code that can be looked through, got expressions nested too deeply"
        ) from None
    for (assignment, parts), group in groups.items():
        verdicts, problem = _judged(file, assignment, parts, group, options, seed)
        verdicts_by_task |= verdicts
        problems.append(problem)
    if not any(verdicts_by_task.values()):
        expected = " or ".join(names) if names else "as a task is (see `autograder tasks`)"
        raise UsageError(f"{path}: expected a function called {expected}, found none{''.join(problems[:1])}")
    return [verdicts_by_task[task.name] or _unreached(task, problems[0], seed) for task in tasks]


def _groups(tasks, file):
    """Return {(assignment, parts that are lent): tasks}: tasks that may use the same are judged in one process."""
    groups = defaultdict(list)
    for task in tasks:
        groups[task.assignment, _parts(task, file)].append(task)
    return groups


def _parts(task, file):
    """What a task is lent: nothing if it is blank, so that all that are blank are looked at together."""
    return frozenset() if file.is_blank(task.name) else lent_parts(task, file)


def _judged(file, assignment, parts, tasks, options, seed):
    """Run the file; return {task: Verdict, or None where it is not there}, and what went wrong."""
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        write_course(folder, assignment, parts_of_assignment(parts, assignment))
        with closing(Run(folder, options)) as run:
            problem = _load(run, file, _plan(file, assignment, parts))
            there = run.defined([task.name for task in tasks])
            notes = [problem.replace("; running it", "running the file", 1)] if problem else []
            verdicts = {}
            for task in tasks:
                verdicts[task.name] = _verdict(run, task, file, seed, notes) if task.name in there else None
    return verdicts, problem


def _load(run, file, plan):
    """Run the file; return what went wrong, as the end of a sentence.

    If its own code fails, for want of data, say, the imports, functions and classes behind are run alone.
    """
    run.cell("import numpy as np")
    run.cell(INSTALL.format(source=inspect.getsource(foreign), plan=plan))
    problem = _problem(run.cell(file.text))
    if run.stops:
        problem += ", so that the imports, functions and classes after that alone were run"
        run.stops.clear()  # it is said once
    run.cell("_foreign.link_names()")
    return problem


def _problem(outputs):
    for output in outputs:
        if output["output_type"] == "error":
            words = " ".join(output["evalue"].split())[:200]
            return f"; running it raised {output['ename']}: {words}"
        if output.get("text", "").startswith("[grader]"):
            return f"; running it: {output['text'].removeprefix('[grader] ').strip()}"
    return ""


def _plan(file, assignment, parts):
    """What `autograder.plainfile.foreign_imports.install` is told."""
    own_parts = parts_of_assignment(parts, assignment)
    return {
        "known": public_names(assignment, own_parts),
        "missing": {name: module for module, name in sorted(parts) if "." not in name},
        "written": sorted(file.implemented),
        "blank": sorted(file.names - file.implemented),
        "methods": {name: module for module, name in sorted(own_parts) if "." in name},
        "modules": sorted({module for module, _ in own_parts}),
    }


def _verdict(run, task, file, seed, notes):
    """Judge a task; say what it was lent, and tell apart what was not attempted."""
    parts = parts_of_assignment(_parts(task, file), task.assignment)
    verdict = run.judge(task, seed, [*notes, *_lent_words(parts)])
    if file.is_blank(task.name) and not verdict.score:
        return replace(verdict, outcomes=tuple(Outcome(c.name, c.points, False, NOT_ATTEMPTED) for c in task.checks))
    words = [] if verdict.passed else [*_cache_words(task, parts, file), *_argument_words(task, verdict, file)]
    return replace(verdict, note=" ".join([verdict.note, *words]).strip())


def _unreached(task, problem, seed):
    """The verdict on a task that the file defines behind the place where running it failed."""
    why = f"it was not reached{problem}"
    return Verdict(task.name, tuple(Outcome(c.name, c.points, None, why) for c in task.checks), seed)


def _lent_words(parts):
    names = sorted(name for _, name in parts if not name.startswith("_"))
    return [f"the file lacks {', '.join(names)}: the course's own stood in"] if names else []


def _cache_words(task, parts, file):
    """Where a forward and its backward are not from the same hand, say what the course's cache holds."""
    for module, name in sorted(parts):
        kind = name.rpartition("_")[2]
        other = {"forward": "backward", "backward": "forward"}.get(kind)
        if other and f"{name.removesuffix(kind)}{other}" in file.implemented | {task.name}:
            holds = cache_contents(module, f"{name.removesuffix(kind)}forward")
            form = f"holds {holds}" if holds else "has a form of its own"
            yield f"The cache of the course's {name} {form}: if yours differs, put both functions into the file."


def _argument_words(task, verdict, file):
    """Where a call failed for its arguments, say how they are called here."""
    failed = [
        o.message
        for o in verdict.checks_with_lost_points()
        if o.message.startswith("raised TypeError") and "argument" in o.message
    ]
    owner = task.name.rpartition(".")[0]
    name = f"{owner}.__init__" if owner and any("__init__" in message for message in failed) else task.name
    theirs, ours = file.arguments(name), argument_text(task.module.__name__, name)
    if failed and theirs != ours and None not in (theirs, ours):
        yield f"The file has {name}({theirs}), this course {name}({ours})."
