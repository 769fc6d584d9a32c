"""Grading on a real Dask cluster: a worker that dies, hangs or lies, a scheduler that lies, TLS; lies about results."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from machine import PATIENCE, wait_until
from nbgrader.api import Gradebook
from pebble import ProcessExpired
from small_course import ASSIGNMENT, POINTS, make_course, write_submission

from autograder.course.folder import Course
from autograder.errors import GradingError, NotGraded, UsageError, WorkerError
from autograder.grading import cluster as cluster_module
from autograder.grading.classroom import grade, pool
from autograder.grading.cluster import cluster
from autograder.grading.encoding import decode_job, decode_result, encode_error, encode_job, encode_result
from autograder.grading.submission import Options, grade_submission
from autograder.submission.files import read_submission

pytestmark = pytest.mark.filterwarnings("ignore")
LIES = ["events", "names", "object", "pickle", "points", "raises"]
DASK = [sys.executable, "-m", "dask"]
FAKE_SCHEDULER = Path(__file__).with_name("fake_scheduler.py")


@pytest.fixture(autouse=True)
def scratch(monkeypatch, tmp_path):
    """Where Dask's workers leave their files."""
    monkeypatch.setenv("DASK_TEMPORARY_DIRECTORY", str(tmp_path))


@contextmanager
def started(command, **environment):
    """A process with more variables, killed at the end."""
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True, **streams)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def scheduler(folder, *options, **environment):
    """The address of a scheduler."""
    file = folder / "scheduler.json"
    command = [
        *DASK,
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    ]
    with started([*command, *options], **environment):
        assert wait_until(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("}"))
        yield json.loads(file.read_text(encoding="utf-8"))["address"]


def worker(address, **environment):
    preload = ["--preload", str(Path(__file__).with_name("liar.py"))] if "LIES" in environment else []
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", *preload]
    return started([*DASK, "worker", address, *options], **environment)


def students_of(course, names):
    for name in names:
        write_submission(course, name)


def scores(course):
    with Gradebook(course.directory.db_url) as gradebook:
        return {row.student.id: row.score for row in gradebook.assignment_submissions(ASSIGNMENT)}


@pytest.fixture(scope="module")
def small(root, tmp_path_factory):
    return make_course(root, tmp_path_factory.mktemp("small"))


@pytest.fixture
def course(small, tmp_path):
    shutil.copytree(small.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_and_lies_are_errors_that_leave_the_grade(course, tmp_path, sandbox, monkeypatch):
    everybody = ["ada", *LIES]
    students_of(course, everybody)
    (tmp_path / "wait").touch()
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path))
        first = stack.enter_context(worker(address, LIES=str(tmp_path)))
        with pool(scheduler=address) as executor:
            results = grade(course, ASSIGNMENT, Options(sandbox), executor=executor)
            with ThreadPoolExecutor(1) as thread:
                result = thread.submit(next, results)
                assert wait_until((tmp_path / "waiting").exists)
                (tmp_path / "wait").unlink()
                second = stack.enter_context(worker(address, LIES=str(tmp_path)))
                os.killpg(first.pid, signal.SIGKILL)
                found = [result.result(), *results]
        assert [(r.student, r.error) for r in sorted(found, key=lambda r: r.student)] == [(n, "") for n in everybody]
        assert set(scores(course).values()) == {sum(POINTS.values())}
        assert second.poll() is None

        (tmp_path / "lie").touch()
        monkeypatch.setattr(cluster_module, "sandbox_problem", lambda: "a pickle could write a file")
        with pool(scheduler=address) as executor:
            found = {r.student: r for r in grade(course, ASSIGNMENT, Options(sandbox), None, True, executor)}
        assert [name for name in everybody if not found[name].error] == ["ada", "events"]
        assert all(found[name].error.startswith("worker: expected ") for name in LIES[1:])
        assert "check and its points" in found["points"].error
        assert address.partition(":")[0] in found["points"].error
        assert set(scores(course).values()) == {sum(POINTS.values())}
        # Dask's worker itself unpickles what it raises.
        assert {path.name for path in tmp_path.glob("unpickled-*")} <= {f"unpickled-{second.pid}"}


def test_a_job_that_takes_too_long_is_given_up_and_its_worker_ends(tmp_path):
    job = grade_submission, {}, {}, ASSIGNMENT, "ada", Options()
    with scheduler(tmp_path) as address, worker(address, LIES=str(tmp_path)) as hanging, cluster(address) as executor:
        assert executor.submit_for(PATIENCE, *job).result(PATIENCE).notebooks == {}
        (tmp_path / "wait").touch()
        with pytest.raises(TimeoutError):
            executor.submit_for(3, *job).result(PATIENCE)
        assert wait_until(lambda: hanging.poll() is not None)
        with worker(address):
            assert executor.submit_for(PATIENCE, *job).result(PATIENCE).notebooks == {}


@pytest.mark.parametrize("confined", [True, False])
def test_a_scheduler_that_sends_pickles_gets_none_of_them_opened(confined, tmp_path, monkeypatch):
    if not confined:
        monkeypatch.setattr(cluster_module, "sandbox_problem", lambda: "a pickle could write a file")
    with started([sys.executable, str(FAKE_SCHEDULER), str(tmp_path)], LIES=str(tmp_path)):
        assert wait_until((tmp_path / "address").exists)
        with cluster((tmp_path / "address").read_text(encoding="utf-8")) as executor:
            for _ in range(2):
                job = executor.submit_for(PATIENCE, grade_submission, {}, {}, ASSIGNMENT, "ada", Options())
                with pytest.raises((WorkerError, ProcessExpired)):
                    job.result(PATIENCE)
        asked = (tmp_path / "asked").read_text(encoding="utf-8").split()
    assert {"identity", "register-client", "ncores", "update-graph", "gather"} <= set(asked)
    assert list(tmp_path.glob("unpickled-*")) == []


@pytest.mark.slow
def test_tls_by_the_commands_of_the_how_to(root, course, tmp_path, sandbox):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    text = (root / "docs" / "how-to.md").read_text(encoding="utf-8")
    blocks = [
        block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "TLS__" in block or "openssl" in block
    ]
    assert len(blocks) == 2
    subprocess.run(blocks[0], shell=True, cwd=tmp_path, check=True, capture_output=True)
    names = re.findall(r"export (DASK_\w+)=(\S+)", blocks[1])
    environment = {name: value.replace("$PWD", str(tmp_path)) for name, value in names}
    write_submission(course, "ada")
    command = [sys.executable, "-m", "autograder", "--course", str(course.root), "grade", ASSIGNMENT, "--json"]
    command += ["--sandbox", sandbox, "--scheduler"]
    with scheduler(tmp_path, "--protocol", "tls", **environment) as address, worker(address, **environment):
        assert address.startswith("tls://")
        run = {"capture_output": True, "encoding": "utf-8", "check": False}
        done = subprocess.run([*command, address], env=os.environ | environment, **run)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[0]["score"] == sum(POINTS.values())
        without = subprocess.run([*command, address], **run)
        assert (without.returncode, without.stderr.count("\n")) == (2, 1), without.stderr


@pytest.fixture(scope="module")
def judged(small, sandbox):
    """The arguments of a job, and its result as JSON."""
    write_submission(small, "ada")
    submitted, _ = read_submission(small.path("submitted", ASSIGNMENT, "ada"), Options().limits, ["softmax.ipynb"])
    arguments = submitted, small.released_files(ASSIGNMENT), ASSIGNMENT, "ada", Options(sandbox)
    return arguments, grade_submission(*arguments)


def test_jobs_and_results_come_back_as_they_were(judged):
    arguments, graded = judged
    assert decode_job(encode_job(7, *arguments)) == (7, arguments)
    assert decode_result(encode_result(graded), *arguments[1:]) == graded


def verdict(result):
    return result["verdicts"]["softmax"][0]


def cells(result):
    return json.loads(result["notebooks"]["softmax"])["cells"]


def with_cells(result, change):
    notebook = json.loads(result["notebooks"]["softmax"])
    change(notebook["cells"])
    result["notebooks"]["softmax"] = json.dumps(notebook)


def put(place, *keys):
    """Return a function that puts a value at these keys of a verdict's fields."""
    *path, last = keys

    def change(result):
        at = verdict(result)
        for key in path:
            at = at[key]
        at[last] = place

    return change


def graded_cell(found, name="test_max_norm"):
    return next(c for c in found if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


FORMS = {
    "other task": put("kl_divergence", 0),
    "fewer checks": lambda r: verdict(r)[1].pop(),
    "more points": put(100, 1, 0, 1),
    "points that are no number": put(float("nan"), 1, 0, 1),
    "part of the points": put(0.5, 1, 0, 4),
    "minus points": lambda r: verdict(r)[1][0].__setitem__(slice(2, 5), [False, "", -1]),
    "endless points": lambda r: verdict(r)[1][0].__setitem__(slice(2, 5), [False, "", float("inf")]),
    "passed by a text": put("yes", 1, 0, 2),
    "passed by a number": put(1, 1, 0, 2),
    "message that is none": put(["x"], 1, 0, 3),
    "other seed": put(1, 2),
    "seed that is true": put(True, 2),
    "note that is none": put(None, 3),
    "time that is none": put(None, 4),
    "no verdict": lambda r: r["verdicts"]["softmax"].pop(),
    "verdict twice": lambda r: r["verdicts"]["softmax"].append(verdict(r)),
    "no notebook": lambda r: r["notebooks"].clear(),
    "other notebook": lambda r: r["notebooks"].update({"../x": "{}"}),
    "notebook that is none": lambda r: r["notebooks"].update(softmax="{"),
    "deep notebook": lambda r: r["notebooks"].update(softmax="[" * 100_000),
    "many lists": lambda r: r["notebooks"].update(softmax="[[]" + ",[]" * 1_000_000 + "]"),
    "notes that are none": lambda r: r["notes"].update(softmax=[1]),
    "no notes": lambda r: r.pop("notes"),
    "no test": lambda r: with_cells(r, lambda found: found.remove(graded_cell(found))),
    "test twice": lambda r: with_cells(r, lambda found: found.append(graded_cell(found))),
    "other type": lambda r: with_cells(r, lambda found: graded_cell(found).update(cell_type="markdown")),
    "other test": lambda r: with_cells(r, lambda found: graded_cell(found).update(source="pass")),
    "cell that is none": lambda r: with_cells(r, lambda found: found.append(7)),
    "outputs that are none": lambda r: with_cells(r, lambda found: found[0].update(outputs=None)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_result_of_another_form_is_refused(form, judged):
    arguments, graded = judged
    result = json.loads(encode_result(graded))
    FORMS[form](result)
    with pytest.raises(WorkerError, match=r"^worker: expected .*, got ") as error:
        decode_result(json.dumps(result).encode(), *arguments[1:])
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("data", [b"", b"\xff", b"null", b"[]", b"{}", b"7" * 10_000_000, b" " * 400_000_000])
def test_bytes_that_are_no_result_are_refused(data, judged):
    with pytest.raises(WorkerError):
        decode_result(data, *judged[0][1:])


def test_what_the_release_decides_is_made_anew(judged):
    arguments, graded = judged
    result = json.loads(encode_result(graded))
    script = {
        "output_type": "display_data",
        "data": {"application/javascript": "x", "image/svg+xml": "x"},
        "metadata": {},
    }

    def change(found):
        test = graded_cell(found)
        test["outputs"], test["metadata"]["nbgrader"]["points"] = [script], 1000
        test["metadata"]["chainrule"] = {"reason": "", "timed_out": False}
        found[0]["outputs"], found[0]["metadata"] = [script], {"tags": ["x"]}

    with_cells(result, change)
    assert decode_result(json.dumps(result).encode(), *arguments[1:]) == graded


@pytest.mark.parametrize(
    ("error", "kind"),
    [(NotGraded("a"), NotGraded), (OSError(28, "full"), OSError), (KeyError("a\nb\x1b"), WorkerError)],
)
def test_errors_of_a_worker_keep_their_kind(error, kind, judged):
    with pytest.raises(kind) as found:
        decode_result(encode_error(error), *judged[0][1:])
    assert "\n" not in str(found.value)
    assert isinstance(found.value, GradingError | OSError)


def test_no_scheduler_is_one_line():
    with pytest.raises(UsageError, match=r"^scheduler: expected a Dask scheduler at tcp://127.0.0.1:9, got ") as error:
        cluster("tcp://127.0.0.1:9").__enter__()
    assert "\n" not in str(error.value)
    assert "distributed" not in sys.modules  # it runs in another process
