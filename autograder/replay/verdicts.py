"""Reproduce verdicts from their seeds, and list the test cases that failed.

`replay_record` takes the seeds from the journal of `autograder grade`, `replay_list` from the output of `autograder
judge --json`, `replay_file` takes a seed. Each returns `Replayed` verdicts, with differences from the record.
"""

from dataclasses import dataclass, replace

from autograder.errors import GradingError, UsageError
from autograder.grading import journal
from autograder.grading.classroom import stamp_of
from autograder.grading.notebook import Evidence
from autograder.grading.submission import grade_submission, notebook_paths
from autograder.plainfile.files import permitted_path, read_python, read_verdicts, verdict_problem
from autograder.plainfile.judge import judge_file
from autograder.submission.files import read_submission
from autograder.tasks.catalog import task_named
from chainrule.judging.compare import apply_view, difference, label, same
from chainrule.judging.derive import derive
from chainrule.judging.exam import COSTS, Case, Check
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import Outcome, Verdict

__all__ = ["FailedCheck", "Failure", "Replayed", "replay_file", "replay_list", "replay_record", "verdict_for_script"]

COMPARED = ("result", "points", "earned", "message")


@dataclass(frozen=True)
class Failure:
    """A case without a correct answer.

    error: the exception that came instead of an answer, or None. outputs: {name: (got, expected)} of the wrong outputs.
    costs: {name: number} of the call, for checks of growth and memory.
    """

    number: int
    case: Case
    error: Exception | None = None
    outputs: dict = None
    costs: dict = None


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass, with its failed cases in order."""

    outcome: Outcome
    check: Check
    failures: list

    def messages(self, failure):
        """Return one message for every wrong output of a failed case."""
        check = self.check
        return [_difference(check, name, *pair) for name, pair in (failure.outputs or {}).items()]


@dataclass(frozen=True)
class Replayed:
    """A reproduced verdict. recorded: the earlier one as a dict, or None for a plain file.

    evidence: the exam and answers behind the new one, or None if the notebook cannot be read.
    """

    verdict: Verdict
    recorded: dict | None
    evidence: Evidence | None

    def differences(self):
        """Return one message for every difference from the recorded verdict."""
        if self.recorded is None:
            return []
        new, recorded = self.verdict.as_dict(), self.recorded
        pairs = [(key, recorded.get(key), new[key]) for key in ("seed", "score", "max")]
        recorded_checks = {check.get("name"): check for check in recorded.get("checks", ())}
        for check in new["checks"]:
            old = recorded_checks.pop(check["name"], {})
            pairs += [(f"{check['name']}, {key}", old.get(key), check[key]) for key in COMPARED]
        changes = [f"{key}: recorded {before!r}, now {after!r}" for key, before, after in pairs if before != after]
        return changes + [f"{name}: recorded, and no check of the task now" for name in recorded_checks]

    def failed_checks(self):
        """Return a FailedCheck for every check that did not pass; [] without evidence."""
        if self.evidence is None:
            return []
        answers = {id(case): answer for case, answer in self.evidence.answers}
        pairs = zip(self.verdict.outcomes, self.evidence.exam.checks, strict=True)
        return [FailedCheck(o, check, _failures(check, answers)) for o, check in pairs if o.passed is not True]


def replay_record(course, assignment, student, options, task=None):
    """Return the Replayed verdicts of a graded student: of tasks that lost points, or of `task`.

    Raises UsageError for an unknown student or task, GradingError if submission, release or limits have changed.
    """
    released, students = course.released_files(assignment), course.students(assignment)
    if student not in students:
        raise UsageError(f"student: expected one of {', '.join(students) or 'none'} in submitted/, got {student!r}")
    entry = _read_entry(course, assignment, student)
    seeds = [v["seed"] for verdicts in entry.verdicts.values() for v in verdicts]
    options = replace(options, seed=next(iter(seeds), 0))
    folder = course.path("submitted", assignment, student)
    submitted, _ = read_submission(folder, options.limits, notebook_paths(released))
    run_all = next((flag for flag in (False, True) if entry.stamp in _stamps(submitted, released, options, flag)), None)
    if run_all is None:
        raise GradingError(
            f"{student}: expected submission, release and limits as they were graded, found a change since then; "
            f"put them back, or run `autograder grade {assignment} --student {student}`"
        )
    selected = _select({v["task"]: v for verdicts in entry.verdicts.values() for v in verdicts}, task)
    replays = []
    for notebook, recorded in entry.verdicts.items():
        if not any(v["task"] in selected for v in recorded):
            continue
        evidence = []
        run_options = replace(options, run_all=run_all, on_evidence=evidence.append)
        graded = grade_submission(submitted, released, assignment, student, run_options, notebook)
        verdicts = graded.verdicts[notebook]
        replays += [_with_evidence(v, selected[v.task], evidence) for v in verdicts if v.task in selected]
    return replays


def replay_file(path, options, seed, task=None):
    """Return the Replayed verdicts on a plain file: of tasks that lose points, or of `task`."""
    evidence = []
    verdicts = judge_file(path, replace(options, on_evidence=evidence.append), seed, [task] if task else None)
    return [_with_evidence(v, None, evidence) for v in verdicts if task or not v.passed]


def replay_list(path, options, task=None, allow=()):
    """Return the Replayed verdicts of the output of `autograder judge --json`: of tasks that lost points, or of `task`.

    allow: paths of files that may be opened although they are neither below the current folder nor beside the list.
    """
    files = {}
    for verdict in read_verdicts(path):
        task_named(verdict["task"])  # raises UsageError for an unknown task
        files.setdefault((verdict["file"], verdict["seed"]), {})[verdict["task"]] = verdict
    if task and not any(task in verdicts for verdicts in files.values()):
        names = dict.fromkeys(name for verdicts in files.values() for name in verdicts)
        raise UsageError(f"task: expected one of {', '.join(names)} in {path}, got {task!r}")
    replays, runs = [], []
    for (file, seed), recorded in files.items():
        selected = _select(recorded, task) if not task or task in recorded else {}
        if selected:
            permitted = permitted_path(file, path, allow)
            read_python(permitted, "replay")
            runs.append((permitted, seed, recorded, selected))
    for file, seed, recorded, selected in runs:
        evidence = []
        verdicts = judge_file(file, replace(options, on_evidence=evidence.append), seed, list(recorded))
        replays += [_with_evidence(v, selected[v.task], evidence) for v in verdicts if v.task in selected]
    return replays


def verdict_for_script(replays):
    """Return the only Replayed verdict that lost points, else the first, or None; UsageError if several did."""
    lost_points = [replayed for replayed in replays if replayed.verdict.checks_with_lost_points()]
    if len(lost_points) > 1:
        names = ", ".join(replayed.verdict.task for replayed in lost_points)
        raise UsageError(f"--script: expected one task that lost points, found {names}; name one with --task")
    return (lost_points or replays or [None])[0]


def _read_entry(course, assignment, student):
    """Return the journal's entry of a student; UsageError if there is none, GradingError if it holds no verdicts."""
    advice = f"run `autograder grade {assignment} --student {student}` first"
    entry = journal.read(course, assignment, student)
    if entry is None:
        raise UsageError(f"{student}: expected a record of the grading of {assignment}, found none; {advice}")
    if entry.stamp is None:
        raise GradingError(f"{student}: expected a record of verdicts, found that it could not be judged; {advice}")
    try:
        problems = [verdict_problem(v) for verdicts in entry.verdicts.values() for v in verdicts]
    except (AttributeError, TypeError):
        problems = ["it is no list"]
    if any(problems):
        raise GradingError(f"{student}: expected verdicts in the record, found something else; {advice} with --force")
    return entry


def _stamps(submitted, released, options, run_all):
    """Return the fingerprints of a submission for every kind of sandbox, which may differ from the recorded one."""
    variants = (replace(options, sandbox=sandbox, run_all=run_all) for sandbox in ("bwrap", "none"))
    return [stamp_of(submitted, released, variant) for variant in variants]


def _select(verdicts, task):
    """Return the part of {task: recorded verdict} to replay: tasks that lost points, or `task`."""
    if task and task not in verdicts:
        raise UsageError(f"task: expected one of {', '.join(verdicts)} in the record, got {task!r}")
    return {task: verdicts[task]} if task else {name: v for name, v in verdicts.items() if _lost_points(v)}


def _lost_points(verdict):
    """True if the score of a recorded verdict is not the maximum, or a check did not pass."""
    return verdict["score"] != verdict["max"] or not all(check.get("passed") is True for check in verdict["checks"])


def _with_evidence(verdict, recorded, evidence):
    """Return a verdict as Replayed with its own evidence: a task may be judged twice, and the better verdict counts."""
    matching = [e for e in evidence if e.verdict.task == verdict.task and e.verdict.outcomes == verdict.outcomes]
    return Replayed(verdict, recorded, matching[-1] if matching else None)


def _failures(check, answers):
    """Return a Failure for every case of a check that was run and is wrong; only the errors if there are any."""
    failures = []
    for number, case in enumerate(check.cases, 1):
        answer = _derived(case, answers.get(id(case)))
        if isinstance(answer, Exception):
            failures.append(Failure(number, case, error=answer))
        elif answer is not None and check.kind in ("growth", "memory"):
            failures.append(_measured_failure(check, number, case, answer))
        elif answer is not None:
            pairs = {name: (answer[name], expected) for name, expected in case.expected.items()}
            wrong = {name: pair for name, pair in pairs.items() if _difference(check, name, *pair)}
            failures += [Failure(number, case, outputs=wrong)] if wrong else []
    return [failure for failure in failures if failure.error] or failures  # an error ends a check and is its message


def _measured_failure(check, number, case, answer):
    """A Failure with the outputs that are wrong in a run that was measured or, where all are right, with the costs."""
    runs = [(name, answer.get(f"{cost} of {name}"), case.expected[name]) for cost in COSTS for name in case.expected]
    wrong = {n: (got, due) for n, got, due in runs if got is not None and _difference(check, n, got, due)}
    if wrong:
        return Failure(number, case, outputs=wrong)
    return Failure(number, case, costs={cost: answer[cost].tolist() for cost in COSTS if cost in answer})


def _derived(case, answer):
    """The outputs of a case, or the error in their place, by what came back for it."""
    try:
        return derive(case, answer) if isinstance(answer, dict) else answer
    except BadReply as error:
        return error


def _difference(check, name, got, expected):
    """Return a message on how an output differs from the expected one, in the view of the check, or None."""
    shown = label(name, check.view) if got.shape == expected.shape else name
    got, expected = apply_view(check.view, got, expected)
    if same(got, expected, check.rtol, check.atol):
        return None
    return difference(shown, got, expected, check.rtol, check.atol)
