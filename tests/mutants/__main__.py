"""The command line: judge correct and wrong answers, print a table, and fail if a goal is not met."""

import argparse
import json
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

from tqdm import tqdm

from autograder.errors import UsageError
from autograder.tasks.catalog import TASKS, task_named

from .changes import changed_tasks
from .held_out import measure_variants
from .measure import measure
from .table import broken_goals, write_details, write_table

SEEDS = (1, 2, 3)
BYTES = 6 * 2**30


def main(argv=None):
    """Return 0 if all goals are met, 1 if not, 2 for wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        tasks = _chosen(arguments)
    except UsageError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    begin = time.perf_counter()
    seeds = SEEDS[: arguments.seeds]
    measuring = measure_variants if arguments.held_out else measure
    with ProcessPoolExecutor(arguments.jobs, initializer=_limit_memory) as pool:
        ordered = sorted(tasks, key=_work, reverse=True)
        jobs = {task.name: pool.submit(_report, measuring, task.name, seeds) for task in ordered}
        reports = [jobs[task.name].result() for task in tqdm(tasks, unit="task", disable=None)]
    if arguments.held_out:
        return _show_held_out(reports)
    if arguments.json:
        print(json.dumps([asdict(report) for report in reports], indent=1))
    else:
        print(write_table(reports, not arguments.totals))
        print(write_details(reports))
    goals = broken_goals(reports)
    print(f"{len(tasks)} tasks, {time.perf_counter() - begin:.0f} s, {arguments.jobs} processes", file=sys.stderr)
    print("\n".join(goals) or "all goals are met", file=sys.stderr)
    return 1 if goals else 0


def _parser():
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--task", nargs="+", metavar="NAME", help="only these tasks; assignment1 means all of it")
    parser.add_argument("--changed", metavar="REV", help="only tasks that depend on a file changed since this revision")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many hidden tests for each (default: 3)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a core)")
    parser.add_argument("--totals", action="store_true", help="leave out the lines of single tasks")
    parser.add_argument(
        "--held-out", action="store_true", help="judge mutants of the correct solutions in tests/variants"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _chosen(arguments):
    tasks = TASKS
    if arguments.task:
        assignments = {task.assignment for task in TASKS}
        named_tasks = [task_named(name) for name in arguments.task if name not in assignments]
        tasks = [task for task in TASKS if task in named_tasks or task.assignment in arguments.task]
    return changed_tasks(tasks, arguments.changed) if arguments.changed else tasks


def _work(task):
    """Estimate the work of a task: the longest start first, so that none is left alone at the end."""
    return len(task.checks) * len(task.source())


def _limit_memory():
    """A mutant with a wrong size may allocate more memory than the machine has."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def _report(measure_task, name, seeds):
    return measure_task(task_named(name), seeds)


def _show_held_out(reports):
    """Print the reports; there is no goal, because equivalent mutants are not separated here."""
    print(*reports, sep="\n")
    killed, mutants = (sum(getattr(report, name) for report in reports) for name in ("killed", "mutants"))
    print(f"all: {killed} of {mutants} ({100 * killed / max(mutants, 1):.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
