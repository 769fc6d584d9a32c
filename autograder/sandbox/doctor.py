"""Prove on this machine that the sandbox is closed: `examine` tries from inside what must not work.

Each probe is a piece of Python that must be blocked: by one of BLOCKING_ERRORS, by the watchdog, or, in the
group "time", by the time limit. Probes are formatted: a brace is written twice.
What a probe looks for exists outside, so that it would succeed in an open sandbox.
"""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import psutil

from autograder.course.edition import write_edition
from autograder.course_table import course_table
from autograder.sandbox.bubblewrap import known_gaps, working_method
from autograder.sandbox.forkserver import fork_problem
from autograder.sandbox.kernel import Kernel, KernelDied, TimeUp
from autograder.sandbox.limits import Limits

__all__ = ["Finding", "examine"]

# Small enough to be reached in seconds on any machine.
SMALL = Limits(
    cell_seconds=5, memory_bytes=2**30, processes=64, file_bytes=16 * 2**20, disk_bytes=32 * 2**20, files=2000
)
SYSTEM_CALL = """
import ctypes, os
if ctypes.CDLL(None, use_errno=True).{} < 0:
    raise OSError(os.strerror(ctypes.get_errno()))
"""
ADD_KEY = {"x86_64": 248, "aarch64": 217}  # the number of this system call
PROBES = {
    "network": {
        "the internet": "import socket\nsocket.create_connection(('1.1.1.1', 53), 2)",
        "servers of this machine": "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)",
        "sockets that namespaces do not hold back": "import socket\nsocket.socket(40, socket.SOCK_STREAM)",
        "abstract sockets of this machine": "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0{token}')",
    },
    "files": {
        "the course folder": "open({course!r})",
        "temporary files of this machine": "open({secret!r})",
        "the task specs and the judge": "import autograder.tasks.catalog",
        "the reference functions": "import chainrule.linear",
        "writing to the system": "open('/usr/{token}', 'w')",
        "settings of the operating system": "open('/proc/sys/kernel/core_pattern', 'r+')",
        "writing to Python's packages": "import numpy\nopen(numpy.__file__ + '{token}', 'w')",
        "writing to the student's own files": "open('/home/student/chainrule/{token}', 'w')",
        "writing to any disk": (
            "import os\n"
            "found = [line.split() for line in open('/proc/self/mounts')]\n"
            "memory = 'tmpfs', 'proc', 'devpts', 'devtmpfs'\n"
            "[m[1] for m in found if m[2] not in memory and os.access(m[1], os.W_OK)][0]"
        ),
        "more than {SMALL.disk_bytes} bytes in temporary files": (
            "for n in range(9):\n    open(f'/tmp/{{n}}', 'wb').write(bytes({SMALL.file_bytes} // 2))"
        ),
        "more than {SMALL.files} files": "for n in range(10**6):\n    open(f'/tmp/small{{n}}', 'w').close()",
    },
    "processes": {
        "seeing others": (
            "import contextlib, glob\nfound = []\nfor path in glob.glob('/proc/[0-9]*/cmdline'):\n"
            "    with contextlib.suppress(FileNotFoundError, ProcessLookupError):\n"  # one that has ended
            "        found.append(open(path, 'rb').read())\n"
            "[line for line in found if b'{token}' in line][0]"
        ),
        "environment variables of the grader": "import os\nos.environ['CHAINRULE_DOCTOR']",
        "rights beyond an ordinary user's": (
            "[n for n in open('/proc/self/status') if n.startswith('CapEff') and int(n.split()[1], 16)][0]"
        ),
        "leaving a key in a keyring": SYSTEM_CALL.format("syscall({add_key}, b'user', b'x', b'x', 1, -4)"),
        "namespaces of its own": SYSTEM_CALL.format("unshare(0x10000000)"),
        "more than {SMALL.processes} of them": (
            "import os, time\nfor n in range({SMALL.processes} + 1):\n    if os.fork() == 0:\n        time.sleep(60)"
        ),
    },
    "memory": {
        "more than {SMALL.memory_bytes} bytes in one process": "bytearray({SMALL.memory_bytes})",
        "more than that in several": (
            # The wait begins once all of them hold it, so that the watchdog has time on a busy machine, too.
            "import os, time\nready, go = os.pipe()\n"
            "for n in range(6):\n    if os.fork() == 0:\n        a = bytes([1]) * ({SMALL.memory_bytes} // 4)\n"
            "        os.write(go, b'x')\n        time.sleep(60)\n"
            "for n in range(6):\n    os.read(ready, 1)\n"
            "time.sleep(4)"
        ),
        "memory that belongs to no process": "import os\nos.memfd_create('x')",
        "connections without end": (
            "import socket\nfrom time import sleep\n"
            "held = [socket.socketpair() for n in range({SMALL.open_files})]\nsleep(4)"
        ),
    },
    "time": {"a cell without end": "while True:\n    pass"},
}
# What a blocked attempt raises, and a message for those whose own message does not say it.
BLOCKING_ERRORS = {
    "IndexError": "none found",
    "KeyError": "not there",
    "MemoryError": "no more memory",
    **dict.fromkeys(
        ("OSError", "BlockingIOError", "ConnectionRefusedError", "FileNotFoundError", "PermissionError"), ""
    ),
    **dict.fromkeys(("ImportError", "ModuleNotFoundError", "ProcessLookupError", "TimeoutError"), ""),
}
ORPHAN = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '''{sleeper}''', 'left{token}'])"
SLEEPER = "import time; time.sleep(120)"


@dataclass(frozen=True)
class Finding:
    """The result of one probe. closed: whether it was blocked; detail: by what, or why it could not be tried."""

    group: str
    what: str
    closed: bool
    detail: str


def examine(course, sandbox="bwrap"):
    """Yield a Finding for each probe of the sandbox of this machine. Raises MachineError if no sandbox works."""
    if sandbox == "bwrap":
        method = working_method()
        yield Finding("sandbox", method.name, True, f"not protected: {'; '.join(known_gaps(method))}")
    token = f"chainrule{secrets.token_hex(8)}"
    with _targets(token) as port, tempfile.NamedTemporaryFile() as secret, tempfile.TemporaryDirectory() as folder:
        write_edition(folder, next(iter(course_table())))
        targets = {
            "token": token,
            "port": port,
            "secret": secret.name,
            "add_key": ADD_KEY.get(os.uname().machine, -1),
            "course": str(course.root / "nbgrader_config.py"),
        }
        with Kernel(folder, SMALL, sandbox) as kernel:
            if sandbox == "bwrap":
                kernel.start()  # the second one is forked, if that can be done
                yield Finding("sandbox", "start of kernels", True, _start_of_kernels())
            for group, probes in PROBES.items():
                kernel.start()
                for what, code in probes.items():
                    closed, detail = _run_probe(kernel, code.format(SMALL=SMALL, **targets), group)
                    yield Finding(group, what.format(SMALL=SMALL), closed, detail)
            _run_probe(kernel, ORPHAN.format(sleeper=SLEEPER, token=token))
            started = _running(f"left{token}")
        outlived = _running(f"left{token}")
        yield Finding(
            "time",
            "processes that outlive the kernel",
            started and not outlived,
            "none found" if started else "it could not be tried",
        )


def _start_of_kernels():
    reason = fork_problem()
    return f"each starts anew, which is slower: {reason}" if reason else "forked from a warm process"


def _run_probe(kernel, code, group=""):
    """Return (whether the code was blocked, by what). A timeout counts as blocked in the group "time" only."""
    if not kernel.alive():
        kernel.start()
    try:
        errors = [output for output in kernel.run_cell(code) if output["output_type"] == "error"]
    except TimeUp:
        return group == "time", "stopped after its time"
    except KernelDied as error:
        return bool(str(error)), str(error).removeprefix(": ")
    # Any other error is a mistake in the probe and proves nothing.
    closed = bool(errors) and all(error["ename"] in BLOCKING_ERRORS for error in errors)
    return closed, " ".join(BLOCKING_ERRORS.get(error["ename"]) or error["evalue"] for error in errors)[:80]


@contextlib.contextmanager
def _targets(token):
    """Make what the probes look for: a server, an abstract socket, a process and a variable; give the port."""
    sleeper = subprocess.Popen([sys.executable, "-c", SLEEPER, token])
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        port = server.getsockname()[1]
        abstract.bind(f"\0{token}")
        abstract.listen()
        os.environ["CHAINRULE_DOCTOR"] = token
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
            yield port
        finally:
            os.environ.pop("CHAINRULE_DOCTOR", None)
            sleeper.kill()
            sleeper.wait()


def _running(token):
    """True if a process of this machine has the token on its command line."""
    return any(token in part for process in psutil.process_iter(["cmdline"]) for part in process.info["cmdline"] or [])
