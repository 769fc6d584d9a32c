"""How long one submission takes here and with stock nbgrader, measured in turn in the same run.

usage: python benchmarks/grading.py [ROUNDS]

Stock nbgrader runs every cell and the hidden tests in the student's process, without a sandbox. Ours judges from
outside, in bubblewrap, and leaves out the cells that only draw; a third row runs them, too.
"""

import shutil
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

from autograder.course.folder import Course
from autograder.course.release import release
from autograder.demo.course import new_course
from autograder.demo.example_class import ROSTER, make_class
from autograder.grading.classroom import grade, pool
from autograder.grading.submission import Options

ASSIGNMENT = "assignment1"
STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.Execute.timeout = 300\n'


def main(rounds):
    warnings.simplefilter("ignore")
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as folder, pool(1) as executor:
        ours = new_course(Course(root), Path(folder, "ours"))
        release(ours, ASSIGNMENT)
        make_class(ours, ASSIGNMENT, ROSTER[:1])
        stock = stock_course(ours, Path(folder, "stock"))
        ways = {
            "stock nbgrader autograde": lambda: check(stock.nbgrader().autograde(ASSIGNMENT, "ada", force=True)),
            "autograder grade": lambda: list(grade(ours, ASSIGNMENT, Options(), force=True, executor=executor)),
            "autograder grade --run-all": lambda: list(
                grade(ours, ASSIGNMENT, Options(run_all=True), force=True, executor=executor)
            ),
        }
        seconds = {name: [] for name in ways}
        for _ in range(rounds + 1):
            for name, run in ways.items():
                start = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - start)
    base = seconds["stock nbgrader autograde"][1:]
    print(f"one submission of three notebooks, {rounds} rounds after one to warm up")
    for name, all_times in seconds.items():
        times = all_times[1:]
        ratio = statistics.median(b / t for b, t in zip(base, times, strict=True))
        print(f"{name:<28} median {statistics.median(times):6.1f} s   stock takes {ratio:4.1f} times as long")


def stock_course(ours, folder):
    """The same assignment and submission in a course without our configuration."""
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    shutil.copytree(ours.root / "source", folder / "source")
    # Without its own copy of the package, as the hidden tests need the reference.
    shutil.copytree(ours.root / "submitted", folder / "submitted", ignore=shutil.ignore_patterns("chainrule"))
    course = Course(folder)
    check(course.nbgrader().generate_assignment(ASSIGNMENT))
    return course


def check(result):
    if not result["success"]:
        sys.exit(result.get("error") or result.get("log"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
