"""Judge the functions of a plain Python file as hidden tests would: `judge_file`.

The file runs in the same sandbox as a notebook. `substitutes` says which functions of the course it may use.
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
from autograder.plainfile.parse import PythonFile
from autograder.plainfile.substitutes import (
    argument_text,
    cache_contents,
    find_substitutes,
    parts_of_assignment,
    public_names,
    write_package,
)
from autograder.tasks.catalog import TASKS, task_named
from chainrule.judging.verdict import NO_VALUE, NOT_ATTEMPTED, Outcome, Verdict

__all__ = ["judge_file"]

# The name "<runner>" keeps these lines out of messages about errors.
INSTALL = """
import types
_foreign = types.ModuleType("_foreign")
exec(compile({source!r}, "<runner>", "exec"), vars(_foreign))
_foreign.install(globals(), **{tables!r})
"""


def judge_file(path, options, seed, names=None):
    """Return the verdicts on all tasks that a file defines, or on those in `names`.

    Raises UsageError if it cannot be read as Python, or defines no task.
    """
    candidates = [task_named(name) for name in names] if names else TASKS
    file = PythonFile(path, read_python(path), {task.name for task in TASKS})
    tasks = [task for task in candidates if task.name in file.names | file.left_out]
    left_out = f"it is in a part of the file that was left out: {file.note}"
    verdicts_by_task = {t.name: _not_judged(t, left_out, seed) for t in tasks if t.name in file.left_out}
    problems = []
    try:
        groups = _groups([task for task in tasks if task.name in file.names], file)
    except RecursionError:  # Python can parse expressions that are nested too deeply for the functions here
        raise UsageError(
            f"{path}: expected code that can be looked through, got expressions nested too deeply"
        ) from None
    for (assignment, parts), group in groups.items():
        verdicts, problem = _judge_group(file, assignment, parts, group, options, seed)
        verdicts_by_task |= verdicts
        problems.append(problem)
    if not any(verdicts_by_task.values()):
        expected = " or ".join(names) if names else "as a task is (see `autograder tasks`)"
        raise UsageError(
            f"{path}: expected a function called {expected}, found none{(problems or [_clause(file.note)])[0]}"
        )
    # A variable that has the name of a task, such as the loss that a notebook plots, is no answer.
    found = [task for task in tasks if verdicts_by_task[task.name] or not file.is_variable(task.name)]
    return [
        verdicts_by_task[task.name] or _not_judged(task, f"it was not reached{problems[0]}", seed) for task in found
    ]


def _clause(note):
    return f"; {note}" if note else ""


def _groups(tasks, file):
    """Return {(assignment, substitutes): tasks}: tasks with the same substitutes are judged in one process."""
    groups = defaultdict(list)
    for task in tasks:
        groups[task.assignment, _parts(task, file)].append(task)
    return groups


def _parts(task, file):
    """The substitutes for a task; none if it is blank, so that all blank tasks are judged in one process."""
    return frozenset() if file.is_blank(task.name) else find_substitutes(task, file)


def _judge_group(file, assignment, parts, tasks, options, seed):
    """Run the file; return ({task: Verdict, or None if it is not defined}, message on what went wrong or "")."""
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        write_package(folder, assignment, parts_of_assignment(parts, assignment))
        with closing(Run(folder, options)) as run:
            problem = _load(run, file, _import_tables(file, assignment, parts))
            defined = run.defined([task.name for task in tasks])
            notes = [text for text in (file.note, problem.replace("; running it", "running the file", 1)) if text]
            verdicts = {}
            for task in tasks:
                verdicts[task.name] = _verdict(run, task, file, seed, notes) if task.name in defined else None
    return verdicts, problem


def _load(run, file, tables):
    """Run the file; return "; running it ..." on what went wrong, or "".

    If its own code fails, for example because data are missing, the later imports, functions and classes are run alone.
    """
    run.cell("import numpy as np")
    run.cell(INSTALL.format(source=inspect.getsource(foreign), tables=tables))
    problem = _problem(run.cell(file.text))
    if run.stops:
        problem += "; after that only imports, functions and classes were run"
        run.stops.clear()  # so that it is reported once
    run.cell("_foreign.link_names()")
    return problem


def _problem(outputs):
    for output in outputs:
        if output["output_type"] == "error":
            message = " ".join(output["evalue"].split())[:200]
            return f"; running it raised {output['ename']}: {message}"
        if output.get("text", "").startswith("[grader]"):
            return f"; running it: {output['text'].removeprefix('[grader] ').strip()}"
    return ""


def _import_tables(file, assignment, parts):
    """The arguments of `autograder.plainfile.foreign_imports.install`."""
    new_parts = parts_of_assignment(parts, assignment)
    return {
        "needed": sorted(file.needed_modules),
        "public": public_names(assignment, new_parts),
        "substitutes": {name: module for module, name in sorted(parts) if "." not in name},
        "implemented": sorted(file.implemented),
        "blank": sorted(file.names - file.implemented),
        "methods": {name: module for module, name in sorted(new_parts) if "." in name},
        "modules": sorted({module for module, _ in new_parts}),
    }


def _verdict(run, task, file, seed, notes):
    """Judge a task, with notes on its substitutes; a blank one is "not attempted"."""
    parts = parts_of_assignment(_parts(task, file), task.assignment)
    verdict = run.judge(task, seed, [*notes, *_form_notes(task, file), *_substitute_notes(parts)])
    if file.is_blank(task.name) and not verdict.score:
        return replace(verdict, outcomes=tuple(Outcome(c.name, c.points, False, NOT_ATTEMPTED) for c in task.checks))
    library = file.library_of_tensors(task.name)
    messages = {outcome.message for outcome in verdict.outcomes} - {NO_VALUE}
    if library and not verdict.score and all(message.startswith("raised ") for message in messages):
        why = f"it {min(messages)}; the file imports {library}, whose tensors it may need: here it gets NumPy arrays"
        return replace(_not_judged(task, why, seed), note=verdict.note)
    hints = [] if verdict.passed else [*_cache_hints(task, parts, file), *_argument_hints(task, verdict, file)]
    return replace(verdict, note=" ".join([verdict.note, *hints]).strip())


def _not_judged(task, message, seed):
    """The verdict on a task that cannot be judged, with a message that says why."""
    return Verdict(task.name, tuple(Outcome(c.name, c.points, None, message) for c in task.checks), seed)


def _form_notes(task, file):
    """Say that a class is taken in another form (see `foreign_imports.link_names`)."""
    arguments = file.arguments("TwoLayerNet.__init__") or ""
    if task.name.startswith("TwoLayerNet.") and "weight_scale" in arguments and "std" not in arguments:
        return ["it is called as CS231n's fc_net.py has it: std is weight_scale, and self.reg is twice the reg of loss"]
    return []


def _substitute_notes(parts):
    names = sorted(name for _, name in parts if not name.startswith("_"))
    return [f"the file lacks {', '.join(names)}: the course's own functions were used"] if names else []


def _cache_hints(task, parts, file):
    """Yield what the course's cache holds, if only one of a forward and its backward function is in the file."""
    for module, name in sorted(parts):
        base, direction, rest = name.partition("_forward" if "_forward" in name else "_backward")
        opposite = {"_forward": "_backward", "_backward": "_forward"}.get(direction)
        # such as conv_backward_naive beside conv_forward_naive, and batchnorm_backward_alt beside batchnorm_forward
        if opposite and any(n.startswith(f"{base}{opposite}{rest}") for n in file.implemented | {task.name}):
            contents = cache_contents(module, f"{base}_forward{rest}")
            form = f"holds {contents}" if contents else "has a form of its own"
            yield f"The cache of the course's {name} {form}: if yours differs, put both functions into the file."


def _argument_hints(task, verdict, file):
    """Yield the arguments of the file's function and of the course's, if a call failed because of its arguments."""
    messages = [outcome.message for outcome in verdict.checks_with_lost_points()]
    messages = [text for text in messages if text.startswith("raised TypeError") and "argument" in text]
    owner = task.name.rpartition(".")[0]
    name = f"{owner}.__init__" if owner and any("__init__" in message for message in messages) else task.name
    found, expected = file.arguments(name), argument_text(task.module.__name__, name)
    if messages and found != expected and None not in (found, expected):
        yield f"The file has {name}({found}), this course {name}({expected})."
