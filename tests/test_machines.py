"""Other machine setups: temporary folders, homes, user ids, namespaces, read-only folders."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from machine import makes_user_namespaces
from small_course import ASSIGNMENT, POINTS, make_course, write_submission

from autograder.course.edition import write_edition
from autograder.sandbox import bubblewrap as sandbox
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
from autograder.sandbox.namespaces import SETTINGS, advice, free_id

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
ANSWER = "import numpy as np\n\n\ndef max_norm(W, c):\n    return W * np.minimum(1, c / np.linalg.norm(W, axis=0))\n"


@pytest.fixture(scope="module")
def course_root(tmp_path_factory):
    """The folder of a course with one correct submission."""
    course = make_course(ROOT, tmp_path_factory.mktemp("course"))
    write_submission(course, "ada")
    return course.root


def run(*arguments, before=(), **changes):
    """Run the command line with a command prefix and changes to the environment; None unsets a variable."""
    environment = {k: v for k, v in (os.environ | changes).items() if v is not None}
    command = [*before, sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT, env=environment)


def error_lines(completed):
    """Return the lines of an error, without the progress bar."""
    return [line for line in completed.stderr.splitlines() if line.startswith(("autograder:", "Traceback"))]


# --- temporary folders ---

LONG = "x" * 90
TEMPORARY = {
    "60 characters": "x" * 60,
    "200 characters": f"{LONG}/{LONG}/{'y' * 20}",
    "odd": "a b%20 {connection_file}:é'",
}


@pytest.mark.parametrize("what", TEMPORARY)
def test_grading_works_with_any_name_of_the_temporary_folder(course_root, sandbox, tmp_path, what):
    folder = tmp_path / TEMPORARY[what]
    folder.mkdir(parents=True)
    for kind in {sandbox, "none"}:
        completed = run(
            "--course", course_root, "grade", ASSIGNMENT, "--force", "--json", "--sandbox", kind, TMPDIR=str(folder)
        )
        assert completed.returncode == 0, completed.stderr
        assert json.loads(completed.stdout)[0]["score"] == sum(POINTS.values())
    assert [p for p in folder.iterdir() if not p.name.startswith("pymp-")] == []


@pytest.mark.parametrize("folder", ["link", "missing"])
def test_a_temporary_folder_that_is_a_link_or_missing(sandbox, tmp_path, folder):
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to("place")
    (tmp_path / "answer.py").write_text(ANSWER, encoding="utf-8")
    place = str(tmp_path / folder)
    completed = run("judge", tmp_path / "answer.py", "--task", "max_norm", "--sandbox", sandbox, TMPDIR=place)
    assert "2 of 2 points" in completed.stdout, completed.stderr


def test_without_any_temporary_folder_there_is_one_line(tmp_path, bwrap):
    read_only_root = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--chdir", "/"]
    (tmp_path / "answer.py").write_text(ANSWER, encoding="utf-8")
    completed = run("judge", tmp_path / "answer.py", before=read_only_root)
    assert completed.returncode == 1
    (line,) = error_lines(completed)
    assert "No usable temporary directory" in line


# --- homes ---


@pytest.mark.parametrize("home", [None, "/nonexistent", "/proc"])
@pytest.mark.parametrize("command", [["leaks", ASSIGNMENT], ["report", ASSIGNMENT], ["judge"]], ids=lambda c: c[0])
def test_no_command_needs_a_home(course_root, sandbox, tmp_path, home, command):
    (tmp_path / "answer.py").write_text(ANSWER, encoding="utf-8")
    arguments = [tmp_path / "answer.py", "--sandbox", sandbox, "--task", "max_norm"] if command == ["judge"] else []
    unknown = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"] if everybody_reads_python() else []
    if unknown and command == ["judge"]:
        if sandbox == "bwrap" and not makes_user_namespaces(unknown):
            pytest.skip("the kernel refuses another user a user namespace here, as it does in a chroot")
        for folder in (tmp_path, *tmp_path.parents):
            if Path(tempfile.gettempdir()) in folder.parents:
                folder.chmod(0o755)
    completed = run(
        "--course", course_root if command[0] == "report" else ROOT, *command, *arguments, before=unknown, HOME=home
    )
    assert "Traceback" not in completed.stderr
    assert "atplotlib" not in completed.stderr
    if command[0] != "report":
        assert completed.returncode == 0, completed.stderr


def everybody_reads_python():
    """Return whether this is root, and another user could run this Python."""
    if os.geteuid() != 0:
        return False
    # By way of env: setpriv itself keeps the rights of root until it has started something.
    other = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "env", sys.executable, "-c", "import zmq"]
    return subprocess.run(other, capture_output=True, check=False, cwd="/").returncode == 0


# --- a course that may only be read ---


READ_ONLY = {"grade": 1, "release": 1, "demo": 2, "sync": 0, "leaks": 0, "tasks": 0}


@pytest.mark.parametrize("command", READ_ONLY)
def test_a_course_that_may_only_be_read_gives_one_line(course, bwrap, command):
    submit_blank(course)
    folder = ["--folder", course.root / "demo"] if command == "demo" else [] if command == "tasks" else [ASSIGNMENT]
    completed = run("--course", course.root, command, *folder, before=read_only(course.root))
    assert completed.returncode == READ_ONLY[command], completed.stderr + completed.stdout
    assert "Traceback" not in completed.stderr
    assert len(error_lines(completed)) == (completed.returncode > 0)
    assert completed.returncode == 0 or "Read-only file system" in completed.stderr


def test_a_report_on_a_course_that_may_only_be_read_gives_one_line(course_root, sandbox, bwrap):
    assert run("--course", course_root, "grade", ASSIGNMENT, "--sandbox", sandbox).returncode == 0
    completed = run("--course", course_root, "report", ASSIGNMENT, before=read_only(course_root))
    assert completed.returncode == 1, completed.stdout + completed.stderr
    assert len(error_lines(completed)) == 1
    assert "Traceback" not in completed.stderr


def submit_blank(course):
    folder = course.path("submitted", ASSIGNMENT, "ada")
    shutil.copytree(course.path("release", ASSIGNMENT), folder)


def read_only(folder):
    return ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(folder), str(folder), "--"]


# --- ways to make a sandbox ---

TRY = """
from autograder.sandbox.kernel import Kernel, KernelDied
from autograder.sandbox.limits import Limits
from autograder.sandbox import bubblewrap as sandbox
import sys, tempfile
if sandbox.sandbox_problem():
    sys.exit(sandbox.sandbox_problem())
print(sandbox.working_method().name)
with tempfile.TemporaryDirectory() as folder, Kernel(folder, Limits(processes=64)) as kernel:
    try:
        code = "for n in range(99):\\n    if os.fork() == 0:\\n        time.sleep(60)\\ntime.sleep(60)"
        found = kernel.run_cell(f"import os, time\\n{code}")
        print(*[output["evalue"] for output in found if output["output_type"] == "error"])
    except KernelDied as error:
        print(error)
"""
NO_ADMIN = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
ONE_ID = ["unshare", "--user", "--map-root-user"]
OFF = ["sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', "sh"]
NAMESPACE = "in a user namespace"
BEFORE = {
    "as it is": ([], None),
    "root without CAP_SYS_ADMIN": (NO_ADMIN, NAMESPACE),
    "one user id": (ONE_ID, NAMESPACE),
    "no namespaces at all": ([*ONE_ID, *OFF, *NO_ADMIN], "sysctl -w user.max_user_namespaces"),
}


def output_of_try(before):
    completed = subprocess.run(
        [*before, sys.executable, "-c", TRY], capture_output=True, encoding="utf-8", check=False, cwd=ROOT
    )
    return completed.stdout + completed.stderr


@pytest.mark.parametrize("what", BEFORE)
def test_a_working_method_is_used_and_keeps_the_limit_on_processes(bwrap, what):
    before, message = BEFORE[what]
    if before and (os.geteuid() != 0 or subprocess.run([*before, "true"], capture_output=True, check=False).returncode):
        pytest.skip("this machine does not let us take rights away")
    if message == NAMESPACE and not makes_user_namespaces(before):
        pytest.skip("the kernel refuses a user namespace here, as it does in a chroot")
    text = output_of_try(before)
    assert message is None or message in text
    assert "sysctl" in text or "Errno 11" in text or "more than 64 processes" in text, text


@pytest.mark.parametrize("maps", ["0 0 65536"])
def test_root_with_few_user_ids_becomes_one_of_them(bwrap, maps):
    if os.geteuid() != 0:
        pytest.skip("only root gives ids away")
    assert "as a user that nobody else is" in output_of_try_with_ids(maps)


def output_of_try_with_ids(maps):
    """Return the output of TRY as root of a user namespace with these ids."""
    ready, go = os.pipe(), os.pipe()
    code = (
        "import ctypes, os, sys\n"
        "assert ctypes.CDLL(None).unshare(0x10000000) == 0\n"
        f"os.write({ready[1]}, b'x'), os.read({go[0]}, 1)\nos.execv(sys.executable, [sys.executable, '-c', {TRY!r}])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT, pass_fds=(ready[1], go[0])
    )
    os.close(ready[1])
    if os.read(ready[0], 1) != b"x":
        pytest.skip("this machine makes no user namespaces")
    for kind in ("uid", "gid"):
        Path(f"/proc/{process.pid}/{kind}_map").write_text(maps, encoding="utf-8")
    os.write(go[1], b"x")
    return process.communicate()[0]


def test_a_free_id_is_inside_the_map(tmp_path):
    for text, low, high in (("0 0 4294967295", 2**30, 2**31), ("0 1 65536", 1000, 65536), ("0 1 2000", 1000, 2000)):
        (tmp_path / "map").write_text(text, encoding="utf-8")
        assert all(low <= free_id(tmp_path / "map", tmp_path / "map") < high for _ in range(50))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_forbids_user_namespaces_is_named(tmp_path, name):
    value, remedy = SETTINGS[name]
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
    errors = ["bwrap: Creating new namespace failed: Operation not permitted"]
    assert advice(errors, "/env", tmp_path) == remedy
    (tmp_path / name).write_text("7\n", encoding="utf-8")
    assert "the container" in advice(errors, "/env", tmp_path)


SAYS = {
    "prlimit: failed to execute /env/bin/python: Permission denied": "chmod -R go+rX /env",
    "the package numpy is not found": "chmod -R go+rX /env",
    "bwrap: The --size option is not permitted in setuid mode": "chmod u-s",
    "bwrap: Unknown option --size": "0.7 or newer",
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted": "systempaths=unconfined",
    "setpriv: setresuid failed: Invalid argument": "/etc/subuid",
}


@pytest.mark.parametrize("error", SAYS)
def test_an_error_comes_with_advice(tmp_path, error):
    assert SAYS[error] in advice([error], "/env", tmp_path)


def test_a_root_folder_that_is_no_mount_point_is_named(tmp_path):
    (tmp_path / "mounts").write_text("22 1 0:21 / /proc rw - proc proc rw\n", encoding="utf-8")
    assert "chroot" in advice(["bwrap: pivot_root: Invalid argument"], "/env", tmp_path, tmp_path / "mounts")


# --- where Python is ---


@pytest.mark.parametrize("path", ["/home/student", "/run/kernel"])
@pytest.mark.parametrize("below", ["", "/env", "/a/b"])
def test_the_students_folder_is_never_where_python_is(monkeypatch, path, below):
    monkeypatch.setattr(sandbox, "python_folders", lambda: [path + below, f"{path}2"])
    assert sandbox.free_folder(path) == f"{path}3"


def test_links_to_python_are_followed_one_by_one(monkeypatch, tmp_path):
    for folder in ("env/bin", "short", "long"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "long" / "python").touch()
    (tmp_path / "short" / "python").symlink_to("../long/python")
    (tmp_path / "env/bin/python").symlink_to(tmp_path / "short/python")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "env/bin/python"))
    assert {str(p.parent.relative_to(tmp_path)) for p in sandbox.executables()} == {"env/bin", "short", "long"}


@pytest.mark.parametrize("place", ["/home/student/env", "/tmp/deep/env", "/opt/env"])
def test_python_can_be_anywhere(bwrap, tmp_path, place):
    if os.geteuid() != 0:
        pytest.skip("only root puts an environment there")
    top = Path("/", *Path(place).parts[1:2])
    (tmp_path / "answer.py").write_text(ANSWER, encoding="utf-8")
    shutil.copy(tmp_path / "answer.py", "/dev/shm/answer.py")
    bwrap_prefix = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", str(top), "--bind", sys.prefix, place]
    command = [
        *bwrap_prefix,
        f"{place}/bin/python",
        "-m",
        "autograder",
        "judge",
        "/dev/shm/answer.py",
        "--task",
        "max_norm",
    ]
    if Path(sys.prefix).is_relative_to(top) or ROOT.is_relative_to(top):
        pytest.skip(f"this checkout is in {top}")
    completed = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert "2 of 2 points" in completed.stdout, completed.stderr


# --- noise ---


@pytest.fixture
def kernel(tmp_path, sandbox):
    write_edition(tmp_path, "assignment2")
    with Kernel(tmp_path, Limits(), sandbox) as kernel:
        yield kernel


def test_a_reference_notebook_prints_no_errors_in_the_sandbox(kernel):
    cells = nbformat.read(ROOT / "source/assignment2/backprop.ipynb", as_version=4).cells
    stderr_texts = []
    for cell in cells:
        if cell.cell_type == "code" and not any(o.get("name") == "stderr" for o in cell.outputs):
            stderr_texts += [o["text"] for o in kernel.run_cell(cell.source, 120) if o.get("name") == "stderr"]
    stderr_texts += [
        o["text"] for o in kernel.run_cell("%matplotlib inline\nimport matplotlib.font_manager\n!fc-list > /dev/null")
    ]
    assert [text for text in stderr_texts if "font cache" not in text and "not found" not in text] == []


def test_every_folder_in_the_sandbox_is_readable(bwrap, kernel):
    (output,) = kernel.run_cell(
        "from pathlib import Path\n"
        "mounts = [Path(line.split()[4]) for line in open('/proc/self/mountinfo')]\n"
        "print(len([list(p.iterdir()) for m in mounts for p in m.parents]))"
    )
    assert int(output["text"]) > 0


def test_the_user_has_a_name(kernel):
    (output,) = kernel.run_cell("import getpass\nprint(getpass.getuser())")
    assert output["output_type"] == "stream"
