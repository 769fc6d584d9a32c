"""Grade in a process that is killed at its n-th write, then grade again; used by test_crash.py.

usage: python killed.py FOLDER TIMES

FOLDER holds `course`, the course before grading, and `judged`, a pickle of {student: Graded}. TIMES: how many runs are
killed, at writes spread over the whole run; 0: one at every write. Prints JSON: the writes of an undisturbed run, and
{write at which a run was killed: what was wrong afterwards}.
"""

import json
import os
import pickle
import shutil
import signal
import sqlite3
import sys
import warnings
from concurrent.futures import Future
from pathlib import Path

import nbgrader.api
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.course.folder import Course, read_folder
from autograder.grading.classroom import grade
from autograder.grading.submission import Options

ASSIGNMENT = "assignment1"
FILES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.move", "shutil.rmtree"}
PLACES = "FROM {0} x JOIN {1} c ON x.cell_id = c.id JOIN submitted_notebook s ON x.notebook_id = s.id "
OWNERS = "JOIN submitted_assignment a ON s.assignment_id = a.id"
QUESTIONS = (
    "SELECT student_id, timestamp, extension FROM submitted_assignment",
    "SELECT a.student_id, n.name, s.late_submission_penalty FROM submitted_notebook s "
    f"JOIN notebook n ON s.notebook_id = n.id {OWNERS}",
    "SELECT a.student_id, c.name, auto_score, manual_score, extra_credit, needs_manual_grade "
    f"{PLACES.format('grade', 'base_cell')}{OWNERS}",
    f"SELECT a.student_id, c.name, auto_comment, manual_comment {PLACES.format('comment', 'base_cell')}{OWNERS}",
    "SELECT id FROM student",
)


class Ready:
    """An executor with verdicts computed before. students: whose verdicts were requested, in order."""

    jobs = 1

    def __init__(self, judged):
        self.judged, self.students = judged, []

    def submit(self, function, submitted, released, assignment, student, options):
        self.students.append(student)
        job = Future()
        job.set_result(self.judged[student])
        return job


def gradebook(course):
    """Return {student: rows} of the gradebook; {} if it has no tables yet."""
    path = course.root / "gradebook.db"
    with sqlite3.connect(path) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return {}
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        rows = [(row[0], number, *row[1:]) for number, text in enumerate(QUESTIONS) for row in database.execute(text)]
    database.close()
    students = {row[0] for row in rows}
    return {name: sorted(repr(row[1:]) for row in rows if row[0] == name) for name in students}


def files(course):
    """Return (folders, {path: bytes}) of the course folder without the gradebook."""
    folders = {str(p.relative_to(course.root)) for p in course.root.rglob("*") if p.is_dir()}
    contents = {name: data for name, data in read_folder(course.root).items() if not name.startswith("gradebook.db")}
    return sorted(folders), contents


def run(course, judged, kill_at=0):
    """Grade in a child process, killed at its kill_at-th write; return its exit status and its lines of output."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            lines = pipe.read().split("\n")
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), lines[:-1]
    code = 1
    try:
        count = 0

        def step(what):
            nonlocal count
            count += 1
            os.write(writing, f"write {what}\n".encode())
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def look(name, args):
            reads = name == "open" and not args[2] & (os.O_WRONLY | os.O_RDWR)
            if name in FILES and not reads and str(args[0]).startswith(str(course.root)):
                step(name)

        sys.addaudithook(look)
        event.listen(Engine, "before_cursor_execute", lambda *a: a[2].strip()[0] in "BCDIU" and step(a[2].split()[0]))
        event.listen(Engine, "commit", lambda _: step("COMMIT"))
        executor = Ready(judged)
        results = list(grade(course, ASSIGNMENT, Options("none"), executor=executor))
        os.write(writing, "".join(f"judged {name}\n" for name in executor.students).encode())
        code = int(any(r.error for r in results))
    finally:
        os._exit(code)


def check(before, after, course, judged):
    """Return the problems of a course after a kill and after another run. after: an undisturbed course."""
    problems = []
    for name, rows in gradebook(course).items():
        if rows not in (gradebook(before).get(name), gradebook(after)[name]):
            problems.append(f"half a grade of {name}: {rows}")
    recorded = [n for n in judged if _stamp(course, n) == _stamp(after, n)]
    code, lines = run(course, judged)
    if code:
        problems.append(f"the second run ended with {code}")
    problems += [f"{name} was judged twice" for name in recorded if f"judged {name}" in lines]
    if gradebook(course) != gradebook(after):
        problems.append("the gradebook differs from an undisturbed one")
    if files(course) != files(after):
        problems.append("the files differ from undisturbed ones")
    return problems


def _stamp(course, student):
    try:
        return json.loads((course.root / ".autograder" / ASSIGNMENT / f"{student}.json").read_text(encoding="utf-8"))[
            "stamp"
        ]
    except FileNotFoundError:
        return None


def main(folder, times):
    warnings.simplefilter("ignore")
    before = Course(folder / "course")
    # nbgrader asks another process for this when it makes a gradebook, which takes seconds.
    version = nbgrader.api.get_alembic_version()
    nbgrader.api.get_alembic_version = lambda: version
    judged = pickle.loads((folder / "judged").read_bytes())
    after = _copy(before, folder / "after")
    code, lines = run(after, judged)
    writes = [line for line in lines if line.startswith("write")]
    problems = {"undisturbed": [f"it ended with {code}"] if code else []}
    for number in range(1, len(writes) + 1, len(writes) // times if times else 1):
        course = _copy(before, folder / "killed")
        status, _ = run(course, judged, number)
        problems[number] = check(before, after, course, judged)
        if status != -signal.SIGKILL:
            problems[number].append(f"it was not killed, but ended with {status}")
    print(json.dumps({"writes": writes, "wrong": problems}))


def _copy(course, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course.root, folder)
    return Course(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
