"""A class of hostile and broken submissions: each loses only its own points.

Every attack of tests/attacks is submitted by one student of a small course, and the class is graded in the real sandbox
with short limits. Secrets that nobody may read lie where the attacks look: each holds the word of `CANARY`.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from small_course import ASSIGNMENT, MANUAL, POINTS, attacks, make_course, write_submission

from autograder.course.folder import Course
from autograder.grading.classroom import grade, pool
from autograder.grading.submission import Options
from autograder.sandbox.limits import Limits

# One worker grades the class for all tests here; the warnings of nbgrader's database layer are not ours to fix.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("sandboxed")]
CANARY = f"CANARY-{secrets.token_hex(8)}"
CORPUS = {attack.name: attack for attack in attacks() if os.environ.get("ATTACK", "") in attack.name}
LIMITS = Limits(
    cell_seconds=2,
    answer_seconds=1.5,
    task_seconds=4,
    notebook_seconds=20,
    memory_bytes=2**30,
    processes=64,
    file_bytes=32 * 2**20,
    disk_bytes=64 * 2**20,
)
HONEST = "honest_work"
STRAGGLER = b"chainrule-straggler"
BOAST = re.compile("^(LEAKED|WON)", re.MULTILINE)


@pytest.fixture(scope="module")
def sandboxed():
    from autograder.sandbox.bubblewrap import sandbox_problem

    if problem := sandbox_problem():
        pytest.skip(problem)


@pytest.fixture(scope="module")
def corpus(request):
    """The attacks of the selected tests: where a few tests are repeated, only their attacks are graded again."""
    items = [item for item in request.session.items if item.module is request.module]
    chosen = {item.callspec.params["name"] for item in items if hasattr(item, "callspec")}
    return {name: attack for name, attack in CORPUS.items() if name in chosen} or CORPUS


@pytest.fixture(scope="module")
def course(root, tmp_path_factory, corpus):
    """A course with all submissions, and secrets where no attack should find them."""
    course = make_course(root, tmp_path_factory.mktemp("attacks") / "course")
    write_submission(course, HONEST)
    for attack in corpus.values():
        write_submission(course, attack.name, attack)
    (course.path("source", ASSIGNMENT) / "marking.txt").write_text(CANARY, encoding="utf-8")
    (course.path("submitted", ASSIGNMENT, HONEST) / "notes.txt").write_text(CANARY, encoding="utf-8")
    with open(course.root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"# {CANARY}\n")
    with course.gradebook() as gradebook:
        gradebook.add_student("of-last-year", last_name=CANARY)
    return Course(course.root)


@pytest.fixture(scope="module")
def temporary():
    """The folder for all temporary files of the grader: every mount of a sandbox contains its name."""
    before, folder = tempfile.tempdir, tempfile.mkdtemp(prefix="a")
    tempfile.tempdir = folder
    yield folder
    tempfile.tempdir = before
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def before(course):
    return fingerprint(course)


@pytest.fixture(scope="module")
def results(course, before, temporary):
    """{student: Result} of the class."""
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as door, socket.socket() as port:
        patch.setenv("COURSE_SECRET", CANARY)
        door.bind("\0chainrule-CANARY")
        port.bind(("127.0.0.1", 0))
        door.listen(), port.listen()
        leave_key()
        with pool(4) as executor:
            return {r.student: r for r in grade(course, ASSIGNMENT, Options(limits=LIMITS), executor=executor)}


def leave_key():
    """Put a key into the keyring of this session, where the system has one."""
    if os.uname().machine == "x86_64":
        ctypes.CDLL(None).syscall(248, b"user", b"chainrule", CANARY.encode(), len(CANARY), -3)


def fingerprint(course):
    """Return {path: hash} of the files that grading must not change."""
    hashes = {}
    for folder in ("source", "assignments", "submitted"):
        for place, folders, files in os.walk(course.root / folder):
            for path in (Path(place, name) for name in folders + files):
                with contextlib.suppress(OSError):  # deeper than paths can be named
                    if path.is_symlink():
                        hashes[path] = path.readlink()
                    elif path.is_file():
                        hashes[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def points(result):
    """Return {task: points} of a Result."""
    return {v["task"]: v["score"] for verdicts in result.verdicts.values() for v in verdicts}


def printed(course, name):
    """Return what an attack printed, as far as the graded notebook holds it."""
    notebook = nbformat.read(course.path("autograded", ASSIGNMENT, name) / "softmax.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


@pytest.mark.parametrize("name", CORPUS)
def test_an_attack_earns_what_is_honest_in_it(course, results, name):
    result = results[name]
    assert result.error == ""
    assert points(result) == CORPUS[name].earns, result.reasons()
    with Gradebook(course.directory.db_url) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, name)
        assert (submission.score, submission.max_score) == (CORPUS[name].score, sum(POINTS.values()) + MANUAL)


@pytest.mark.parametrize("name", CORPUS)
def test_every_task_has_a_verdict_and_every_lost_point_a_reason(results, name):
    verdicts = [v for task_verdicts in results[name].verdicts.values() for v in task_verdicts]
    assert {v["task"]: v["max"] for v in verdicts} == POINTS
    assert all(v["reason"] for v in verdicts if v["score"] < v["max"])


@pytest.mark.parametrize("name", CORPUS)
def test_an_attack_reads_and_takes_nothing_that_is_not_its_own(course, results, name):
    assert not BOAST.findall(printed(course, name)), printed(course, name)
    # The notebook alone: nbgrader itself puts the other files of source/ beside it.
    assert CANARY not in (course.path("autograded", ASSIGNMENT, name) / "softmax.ipynb").read_text(encoding="utf-8")
    assert CANARY not in json.dumps(results[name].as_dict())


@pytest.mark.parametrize("name", CORPUS)
def test_a_graded_notebook_is_one_that_can_be_opened_and_is_not_large(course, results, name):
    path = course.path("autograded", ASSIGNMENT, name) / "softmax.ipynb"
    nbformat.validate(nbformat.read(path, as_version=4))
    assert path.stat().st_size < 5 * LIMITS.output_bytes


def test_an_honest_student_of_the_same_class_loses_nothing(results):
    assert points(results[HONEST]) == POINTS
    assert results[HONEST].reasons() == []


def test_everybody_has_a_result_and_nobody_else(course, results, corpus):
    assert set(results) == {HONEST, *corpus}
    with course.gradebook() as gradebook:
        assert {student.id for student in gradebook.students} == {"of-last-year", HONEST, *corpus}


def test_sources_release_and_submissions_are_as_they_were(course, before, results):
    assert fingerprint(course) == before


def test_no_process_is_left(results, temporary):
    stragglers = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if STRAGGLER in (process / "cmdline").read_bytes() or temporary in (process / "mountinfo").read_text(
                encoding="utf-8"
            ):
                stragglers.append((process / "cmdline").read_bytes())
        except OSError:  # it has ended, or is not ours
            continue
    assert stragglers == []


def test_no_file_is_left(course, results, temporary):
    assert list(Path(temporary).iterdir()) == []
    assert not Path("/tmp/chainrule-unpickled").exists()
    assert {path.name for path in course.root.iterdir()} == {
        "source",
        "assignments",
        "submitted",
        "autograded",
        ".autograder",
        "gradebook.db",
        "course_secret",
        "nbgrader_config.py",
    }


def test_nothing_is_kept_that_fills_the_disk(course, results):
    paths = [path for name in ("autograded", ".autograder") for path in (course.root / name).rglob("*")]
    assert sum(path.stat().st_size for path in paths if path.is_file()) < len(results) * LIMITS.output_bytes
