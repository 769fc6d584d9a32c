"""How long a class takes here and with stock nbgrader, and how much memory the coordinator needs: `make bench-grading`.

usage: python benchmarks/grading.py [--assignment NAME] [--sizes 10 30 100] [--stock 2] [--copies 1000]

A class of each size is graded by `autograder grade`, as a user runs it: of twenty submissions one is mangled, of fifty
one has an endless loop. One of at most ten is graded with `--run-all`, too, which runs every cell as stock does. In
turn, stock nbgrader grades one right submission after the other, `--stock` of them: it runs every cell and the hidden
tests in the student's process, without a sandbox. Then `--copies` submissions that were graded before are graded
again, which judges none of them.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import psutil

from autograder.course.folder import Course, read_folder
from autograder.course.release import release
from autograder.demo.course import new_course
from autograder.demo.example_class import Student, make_class
from autograder.grading.classroom import grade
from autograder.grading.submission import Options, grade_submission

STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.Execute.timeout = 300\n'
LOOP = ("max_norm", "while True:\n        pass")


def main(arguments):
    warnings.simplefilter("ignore")
    root, assignment = Path(__file__).parent.parent, arguments.assignment
    with tempfile.TemporaryDirectory() as folder:
        course = new_course(Course(root), Path(folder, "ours"))
        release(course, assignment)
        stock, stock_seconds = stock_course(course, Path(folder, "stock"), assignment), []

        def grade_with_stock():
            check(stock.nbgrader().autograde(assignment, "ada", force=True))

        print(f"{assignment}, {os.cpu_count()} processors")
        print(f"{'':<32}{'all':>9}{'each':>9}{'stock':>9}{'ratio':>7}{'coordinator':>14}")
        for size in arguments.sizes:
            make_class(course, assignment, roster(size, assignment))
            for options in ([], ["--run-all"]) if size <= 10 else ([],):
                for _ in range(arguments.stock):
                    stock_seconds.append(seconds(grade_with_stock))
                took, peak = command(course, "grade", assignment, "--force", *options)
                row(f"class of {size} {' '.join(options)}", took, size, statistics.median(stock_seconds), peak)
        if arguments.copies:
            record_copies(course, assignment, arguments.copies)
            took, peak = command(course, "grade", assignment)
            row(f"{arguments.copies} graded before", took, arguments.copies, None, peak)


def roster(size, assignment):
    """A class in which one of twenty students submits mangled cells and one of fifty, at least one, an endless loop."""
    students = [Student(f"s{number:04}", "") for number in range(size)]
    students[::20] = [replace(student, breaks="cells") for student in students[::20]]
    if assignment == "assignment1":
        students[1::50] = [replace(student, bodies=(LOOP,)) for student in students[1::50]]
    return students


def stock_course(ours, folder, assignment):
    """The same assignment with one right submission in a course without our configuration."""
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    shutil.copytree(ours.root / "source", folder / "source")
    make_class(ours, assignment, [Student("ada", "")])
    # Without its own copy of the package, as the hidden tests need the reference.
    shutil.move(ours.root / "submitted", folder / "submitted")
    shutil.rmtree(folder / "submitted" / "ada" / assignment / "chainrule")
    course = Course(folder)
    check(course.nbgrader().generate_assignment(assignment))
    return course


def check(result):
    if not result["success"]:
        sys.exit(result.get("error") or result.get("log"))


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def command(course, *words):
    """Run a command of the grader; return the seconds it takes and the most memory of its own process, in bytes."""
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "--course", str(course.root), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        try:
            peak = max(peak, psutil.Process(process.pid).memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.05)
    process.wait()
    return time.perf_counter() - start, peak


def row(what, took, size, stock, peak):
    compared = f"{stock:>8.1f}s{stock * size / took:>7.1f}" if stock else " " * 16
    print(f"{what:<32}{took:>8.1f}s{took / size:>8.2f}s{compared}{peak / 2**20:>10.0f} MiB", flush=True)


def record_copies(course, assignment, copies):
    """Record a right submission for many students. It is judged once."""
    shutil.rmtree(course.root / "submitted")
    names = make_class(course, assignment, [Student(f"c{number:04}", "") for number in range(copies)])
    submitted = read_folder(course.path("submitted", assignment, names[0]))
    graded = grade_submission(submitted, course.released_files(assignment), assignment, names[0], Options())

    class Copies:
        """An executor that has judged everything already."""

        jobs = 1

        def submit(self, *_):
            future = Future()
            future.set_result(graded)
            return future

    for result in grade(course, assignment, Options(), executor=Copies()):
        if result.error:
            sys.exit(result.error)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--assignment", default="assignment1")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--stock", type=int, default=2)
    parser.add_argument("--copies", type=int, default=1000)
    main(parser.parse_args())
