"""Kernels are forked from a warm process: what they reach of it and of each other, and what happens if that fails."""

import json
import os
import re
import signal
import subprocess
import sys

import psutil
import pytest
from machine import PATIENCE

from autograder.sandbox import bubblewrap, doctor, forkserver
from autograder.sandbox.kernel import Kernel, KernelDied, TimeUp
from autograder.sandbox.limits import Limits

STATUS = (
    "Uid",
    "Gid",
    "Groups",
    "SigBlk",
    "SigIgn",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapAmb",
    "NoNewPrivs",
    "PPid",
    "Seccomp",
)
DESCRIBE = f"""
import json, os, resource, signal, sys
status = dict(line.rstrip().split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({{
    "status": {{name: status[name].split() for name in {STATUS}}},
    "namespaces": {{kind: os.readlink(f"/proc/self/ns/{{kind}}") for kind in os.listdir("/proc/self/ns")}},
    "limits": {{n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")}},
    "environment": dict(os.environ),
    "path": [folder for folder in sys.path if folder != "/"],
    "folder": os.getcwd(),
    "processes": [name for name in os.listdir("/proc") if name.isdigit()],
    "files": [os.readlink(f"/proc/self/fd/{{n}}").split(":")[0] for n in range(3)],
    "modules": [name for name in sys.modules if name.partition(".")[0] in ("autograder", "chainrule")],
    "sound": __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals(),
}}))
"""
CELLS = [
    "1 + 1",
    "print('out'); import sys; print('err', file=sys.stderr)",
    "1 / 0",
    "def f():\n    return undefined_name\nf()",
    "%matplotlib inline\n%time 1",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))",
    "!echo shell; id -un; pwd",
    "%%capture seen\nprint(3)",
    "seen.stdout",
    "input()",
    "import matplotlib\nmatplotlib.get_backend()",
    "import logging\nlogging.warning('careful')",
    "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as p:\n    print(p.map(abs, [-1, 2]))",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(6)'], capture_output=True).stdout",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "import threading, time\nt = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
    "class A:\n    pass\nimport pickle\ntype(pickle.loads(pickle.dumps(A()))).__name__",
    "np",
    "exit()",
]


@pytest.fixture
def kernel(bwrap, tmp_path):
    tmp_path.chmod(0o755)

    def start(forked=True, **limits):
        kernel = Kernel(tmp_path, Limits(**limits))
        assert (kernel.process.manager.provisioner.kernel_pid is not None) == forked
        started.append(kernel)
        return kernel

    started = []
    forkserver._state["first"] = False
    yield start
    for one in started:
        one.close()


@pytest.fixture
def cold(monkeypatch):
    monkeypatch.setitem(forkserver._state, "problem", "switched off")


def text(kernel, code):
    return "".join(output.get("text", "") for output in kernel.run_cell(code))


def describe(kernel):
    return json.loads(text(kernel, DESCRIBE))


def test_a_forked_kernel_has_the_rights_and_the_surroundings_of_one_that_starts_anew(kernel, cold, monkeypatch):
    anew = describe(kernel(forked=False))
    monkeypatch.setitem(forkserver._state, "problem", None)
    forked = describe(kernel())
    assert set(forked["namespaces"].values()).isdisjoint(
        os.readlink(f"/proc/self/ns/{kind}") for kind in ("mnt", "pid", "net", "ipc", "uts")
    )
    for description in (anew, forked):
        assert not int(description["status"]["CapEff"][0], 16)
        assert description["modules"] == []
        del description["namespaces"]
        if os.geteuid() == 0:  # another user each time
            description["status"] |= {"Uid": None, "Gid": None, "Groups": None}
        # Started anew, it is a child of bubblewrap, which stands between; and it may see the holder of the sandbox.
        description["status"]["PPid"] = description["processes"] = None
    for name in ("_", "PWD", "OLDPWD"):  # of the shell that waits
        anew["environment"].pop(name, None)
    assert anew["files"][1:] == forked["files"][1:]
    anew["files"][0] = forked["files"][0] = None
    more = forked["limits"].pop("RLIMIT_AS")[0] - anew["limits"].pop("RLIMIT_AS")[0]
    assert 0 < more < 2**31  # for what is imported
    assert forked["status"].pop("NoNewPrivs") == ["1"]
    anew["status"].pop("NoNewPrivs")
    assert forked == anew


def outputs(kernel, code):
    try:
        found = kernel.run_cell(code)
    except KernelDied:
        return "died"
    hidden = ("execution_count", "metadata")
    shown = [{name: value for name, value in output.items() if name not in hidden} for output in found]
    return json.loads(re.sub("0x[0-9a-f]+", "0x", json.dumps(shown)))


def test_cells_behave_as_in_a_kernel_that_starts_anew(kernel, cold, monkeypatch):
    one = kernel(forked=False)
    monkeypatch.setitem(forkserver._state, "problem", None)
    other = kernel()
    for code in CELLS:
        first, second = outputs(one, code), outputs(other, code)
        if "%time" in code or "logging" in code:  # times, and the process id in a path
            first, second = ([sorted(output) for output in found] for found in (first, second))
        assert first == second, code


def test_nothing_of_one_kernel_reaches_the_next(kernel):
    one = kernel()
    one.run_cell("import json, numpy as np\njson.mark = np.mark = 1\nopen('/tmp/mark', 'w').close()")
    other = kernel()
    assert (
        text(other, "import json, os, numpy as np\nprint(hasattr(json, 'mark'), hasattr(np, 'mark'))")
        == "False False\n"
    )
    assert text(other, "print(os.listdir('/tmp'), os.listdir('/proc'))").count("mark") == 0
    draw = "import random, numpy as np\nprint(np.random.rand(), random.random())"
    assert text(one, draw) != text(other, draw)


@pytest.mark.parametrize("target", ["0", "-1", "os.getppid()", "-os.getpgid(0)", "1", "2"])
def test_a_kernel_that_kills_what_it_can_ends_itself_at_most(kernel, target):
    other, one = kernel(), kernel()
    server = forkserver._state["server"]
    try:
        one.run_cell(f"import os, signal\ntry:\n    os.kill({target}, signal.SIGKILL)\nexcept OSError:\n    pass")
        one.run_cell("1")
    except (KernelDied, TimeUp):
        pass
    assert server.poll() is None
    assert other.alive()
    assert text(kernel(), "print(1)") == "1\n"


def test_the_end_of_a_forked_kernel_is_noticed_and_ends_the_sandbox(kernel):
    one = kernel()
    sandbox = one.process.manager.provisioner.process
    with pytest.raises(KernelDied):
        one.run_cell("import os, subprocess\nsubprocess.Popen(['sleep', '9999'])\nos._exit(3)")
    assert sandbox.poll() is not None
    assert not one.alive()


def test_what_a_forked_kernel_starts_is_counted_and_ends_with_it(kernel):
    one = kernel(processes=20)
    pid = one.process.manager.provisioner.kernel_pid
    one.run_cell("import subprocess\nchild = subprocess.Popen(['sleep', '9999'])")
    children = psutil.Process(pid).children()
    assert [child.name() for child in children] == ["sleep"]
    one.close()
    psutil.wait_procs(children, timeout=PATIENCE)
    assert not any(child.is_running() for child in children)


def test_once_the_sandbox_has_ended_nothing_else_is_killed(kernel):
    one = kernel()
    process = one.process
    one.close()
    with subprocess.Popen(["sleep", "9999"]) as other, subprocess.Popen(["sleep", "9999"]) as sandbox:
        process.roots = [psutil.Process(sandbox.pid), psutil.Process(other.pid)]  # the id of a kernel was given again
        sandbox.kill()
        sandbox.wait()
        process.kill()
        survived = other.poll() is None
        other.kill()
    assert survived


def no_forkserver_yet(monkeypatch):
    monkeypatch.setattr(forkserver, "_state", {"address": None, "problem": None, "server": None, "first": False})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"limits": {"NO_SUCH_LIMIT": 1}}, "NO_SUCH_LIMIT"),
        ({"limits": {"CORE": "none"}}, "TypeError"),
        ({"pid": os.getpid()}, "setns"),
    ],
)
def test_where_no_kernel_can_be_forked_each_starts_anew(kernel, monkeypatch, change, problem):
    no_forkserver_yet(monkeypatch)
    fork = forkserver.fork_kernel

    def fork_wrongly(*arguments):
        names = ("pid", "user", "limits", "argv", "environment", "filter")
        return fork(**dict(zip(names, arguments, strict=True)) | change)

    monkeypatch.setattr(bubblewrap, "fork_kernel", fork_wrongly)
    assert text(kernel(forked=False), "print(1)") == "1\n"
    assert problem in doctor._start_of_kernels()
    monkeypatch.setattr(bubblewrap, "fork_kernel", fork)
    assert text(kernel(forked=False), "print(1)") == "1\n"


def test_a_process_that_needs_one_kernel_starts_no_server(kernel, monkeypatch):
    no_forkserver_yet(monkeypatch)
    forkserver._state["first"] = True
    assert text(kernel(forked=False), "print(1)") == "1\n"
    assert forkserver._state["server"] is None
    assert text(kernel(), "print(1)") == "1\n"
    assert doctor._start_of_kernels() == "forked from a warm process"
    forkserver._state["server"].kill()


def test_a_server_that_ended_costs_one_kernel_its_speed(kernel, monkeypatch):
    no_forkserver_yet(monkeypatch)
    assert text(kernel(), "print(1)") == "1\n"
    server = forkserver._state["server"]
    server.kill()
    server.wait()
    assert text(kernel(forked=False), "print(1)") == "1\n"
    assert text(kernel(), "print(1)") == "1\n"
    assert forkserver._state["server"].pid != server.pid


def test_the_server_holds_nothing_of_the_grader(kernel, monkeypatch):
    monkeypatch.setenv("CHAINRULE_SECRET", "secret")
    no_forkserver_yet(monkeypatch)
    kernel()
    server = psutil.Process(forkserver._state["server"].pid)
    assert server.environ() == bubblewrap.environment()
    assert server.cwd() == "/"
    assert server.num_threads() == 1
    targets = [os.readlink(f"/proc/{server.pid}/fd/{name}") for name in os.listdir(f"/proc/{server.pid}/fd")]
    assert all(target == "/dev/null" or target.startswith(("pipe:", "socket:")) for target in targets)
    assert len(targets) == 4
    assert not any(area.path.endswith((".npz", ".toml", ".db")) for area in server.memory_maps())
    forkserver._state["server"].kill()


START = """
import os, sys, tempfile, time
from autograder.sandbox import forkserver
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    with Kernel(folder, Limits()), Kernel(folder, Limits()):
        print(forkserver._state["server"].pid, flush=True)
        time.sleep(600)
"""


def test_the_server_ends_with_the_process_that_started_it(bwrap):
    with subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, encoding="utf-8") as grader:
        server = psutil.Process(int(grader.stdout.readline()))
        grader.send_signal(signal.SIGKILL)
    server.wait(timeout=PATIENCE)


def test_another_user_gets_no_kernel(bwrap):
    if os.geteuid() != 0:
        pytest.skip("expected root, who can become another user")
    address = forkserver.forkserver_address(bubblewrap.environment())
    ask = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + sys.argv[1])\nprint(s.recv(9))"
    command = [sys.executable, "-c", ask, address[1:]]
    done = subprocess.run(
        ["setpriv", "--reuid=12345", "--clear-groups", *command], capture_output=True, timeout=PATIENCE
    )
    assert done.stdout.strip() == b"b''"


ROOTS = """
import os, tempfile
from autograder.sandbox import forkserver
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
for problem in (None, "switched off"):
    forkserver._state["problem"] = problem
    with tempfile.TemporaryDirectory() as folder, Kernel(folder, Limits()) as kernel:
        print(kernel.run_cell("import os; print(sorted(os.listdir('/')))")[0]["text"].strip())
    print(forkserver.fork_problem())
"""


def test_in_a_chroot_a_forked_kernel_sees_its_sandbox_and_not_what_is_outside(bwrap, tmp_path):
    inner = f'mount --rbind / {tmp_path} && exec chroot {tmp_path} "$@"'
    chroot = ["unshare", "--mount", "sh", "-c", inner, "sh"]
    if subprocess.run([*chroot, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root can make a chroot")
    completed = subprocess.run(
        [*chroot, sys.executable, "-c", ROOTS], capture_output=True, encoding="utf-8", check=True, cwd="/"
    )
    forked, problem, unforked, _ = completed.stdout.splitlines()
    assert problem == "None"
    assert forked == unforked
