"""A kernel that can read Python, its packages and the student's own folder, and reach nothing else.

`BwrapProvisioner` starts a Jupyter kernel inside bubblewrap; `require_sandbox` says whether that can be had here.
"""

import contextlib
import functools
import importlib.util
import os
import shutil
import site
import socket
import subprocess
import sys
import sysconfig
from dataclasses import asdict
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Unicode

import autograder
from autograder.errors import MachineError
from autograder.sandbox.limits import Limits
from autograder.sandbox.namespaces import WAYS, advice, real_root
from autograder.sandbox.temporary_folder import scratch

__all__ = [
    "BwrapProvisioner",
    "CONNECTION",
    "HOME",
    "SOCKETS",
    "START_SECONDS",
    "WAITS",
    "WRITABLE",
    "bwrap_works",
    "lacks",
    "require_sandbox",
    "retry_problem",
    "way",
]

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives")


def python_folders():
    """The folders of this Python and of its packages that no system folder holds yet, and the links to it."""
    paths = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    paths |= {str(path) for path in executables()} | set(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        paths.add(site.getusersitepackages())
    chosen = []
    for path in sorted(paths, key=len):
        if os.path.exists(path) and not f"{path}/".startswith(tuple(f"{other}/" for other in (*SYSTEM, *chosen))):
            chosen.append(path)
    return chosen


def executables():
    """This Python's executable, and each that the link before it leads to."""
    path = Path(sys.executable)
    yield path
    while os.path.islink(path):
        path = path.parent / os.readlink(path)
        yield Path(os.path.normpath(path))
    yield Path(os.path.realpath(path))


def free_folder(path):
    """Return the path, with a number behind it if this Python is below it, above it or there."""
    taken = [f"{folder}/" for folder in python_folders()]
    names = [path, *(f"{path}{number}" for number in range(2, len(taken) + 3))]
    return next(p for p in names if not any(t.startswith(f"{p}/") or f"{p}/".startswith(t) for t in taken))


HOME = free_folder("/home/student")
# Where the kernel's sockets and the file that names them are inside. The names of sockets must be short.
SOCKETS = free_folder("/run/kernel")
CONNECTION = f"{SOCKETS}/connection.json"
# The folders that code inside can write to: each is a file system in memory of its own.
WRITABLE = ("/tmp", HOME, "/dev/shm", SOCKETS)
START_SECONDS = 180
# Bubblewrap ties the life of its first process to ours late: were we killed before, it would stay. So nothing begins
# inside until the sandbox is whole and we, who hold the other end of its standard input, say that we are there.
WAITS = ["sh", "-c", 'echo >&0 && read -r _ && exec "$@"', "sh"]
# What the kernel needs to find and read, tried in a sandbox before the first one.
PACKAGES = ("numpy", "matplotlib", "ipykernel", "IPython", "zmq", "tornado", "scipy", "sklearn", "PIL", "igraph")
READ_PACKAGES = """
import importlib.util, sys
for name in sys.argv[1:]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"the package {name} is not found")
    open(spec.origin).close()
"""


class BwrapProvisioner(LocalProvisioner):
    """Run the kernel in new namespaces: no network, no home, no other process, nothing writable but its own tmpfs.

    folder: the student's files, seen read-only at HOME. limits: the fields of `Limits`. Inside, the connection file is
    CONNECTION, beside the kernel's sockets.
    """

    folder = Unicode().tag(config=True)
    limits = Dict().tag(config=True)

    async def pre_launch(self, **kwargs):
        kwargs = await super().pre_launch(**kwargs)
        connection = self.parent.connection_file
        # The user inside may be another one; the folder around the file is closed to everyone else.
        os.chmod(connection, 0o644)
        kwargs["cmd"] = bwrap_command(way(), self.folder, connection, self.limits) + kwargs["cmd"]
        # In its own pid namespace the kernel cannot see the parent it would poll for.
        kwargs["env"] = {"PATH": os.environ.get("PATH", "")}
        return kwargs

    async def launch_kernel(self, cmd, **kwargs):
        kwargs |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                info = await super().launch_kernel(cmd, stdin=theirs.fileno(), **kwargs)
            ours.settimeout(START_SECONDS)
            # A sandbox that never comes up is told from its end, by those who wait for the kernel.
            with contextlib.suppress(OSError):
                ours.recv(1)
                ours.sendall(b"\n")
        return info


def bwrap_command(how, folder, connection, limits, waits=WAITS):
    """Return the command line that precedes the kernel's own. how: one of WAYS.

    Beside the connection file, lists of users and groups are written for what is inside.
    """
    room, small, (user, group) = limits["disk_bytes"], limits["file_bytes"], how.ids()
    command = [shutil.which("bwrap"), *how.flags, "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in environment().items():
        command += ["--setenv", name, value]
    command += open_parents(SYSTEM)
    for path in SYSTEM:
        if Path(path).is_symlink():
            command += ["--symlink", os.readlink(path), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    for path in written_users(Path(connection).parent, user, group):
        command += ["--ro-bind", str(path), f"/etc/{path.name}"]
    command += ["--proc", "/proc", "--dev", "/dev", *tmpfs("/dev/shm", small), *tmpfs("/tmp", room)]
    command += open_parents([*python_folders(), SOCKETS, HOME])
    for path in python_folders():
        command += ["--ro-bind", path, path]
    for path in trusted_folders():
        command += ["--tmpfs", path, "--remount-ro", path]
    command += [*tmpfs(SOCKETS, 2**20), "--ro-bind", connection, CONNECTION, *tmpfs(HOME, small)]
    for entry in sorted(Path(folder).iterdir()):
        if not entry.is_symlink():
            command += ["--ro-bind", str(entry), f"{HOME}/{entry.name}"]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
    return [*command, *waits, *how.user(user), *limited(limits)]


def written_users(folder, user, group):
    """Write passwd and group with a line each, so that the code inside has a name and a home; return their paths."""
    lines = {"passwd": f"student:x:{user}:{group}::{HOME}:/bin/sh\n", "group": f"student:x:{group}:\n"}
    for name, line in lines.items():
        path = Path(folder, name)
        path.write_text(line, encoding="utf-8")
        path.chmod(0o644)
        yield path


def open_parents(paths):
    """Make the folders that hold these, open to every user: bubblewrap closes those that it makes itself."""
    parents = {parent for path in paths for parent in Path(path).parents} - {Path("/tmp"), Path("/dev/shm")}
    return [word for path in sorted(parents) for word in ("--perms", "0755", "--dir", str(path))]


def limited(limits):
    """Set inside: outside, all processes of this user would count."""
    each = {"nproc": "processes", "as": "memory_bytes", "fsize": "file_bytes"}
    return ["prlimit", "--core=0", *(f"--{what}={limits[name]}" for what, name in each.items())]


def tmpfs(path, size):
    """A file system in memory that anyone inside may write to, of at most so many bytes."""
    return ["--size", str(size), "--perms", "1777", "--tmpfs", path]


def environment():
    """The only variables the student's code sees. One thread: timing stays fair when several are graded at once."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return threads | {
        "HOME": HOME,
        "USER": "student",
        "LOGNAME": "student",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "IPYTHONDIR": "/tmp/ipython",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"PYTHONUSERBASE": site.getuserbase()} if site.ENABLE_USER_SITE else {"PYTHONNOUSERSITE": "1"}),
    }


def trusted_folders():
    """Where the reference and the task specs stand inside a folder the sandbox can read: they are covered."""
    return [
        str(folder)
        for root in python_folders() + list(SYSTEM)
        for name in ("autograder", "chainrule")
        if (folder := Path(autograder.__file__).parent.parent / name).is_relative_to(root)
    ]


def bwrap_works():
    """Return None where submissions can be run in a sandbox here, or one line that says why not and what to try."""
    for command, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux"), ("setpriv", "util-linux")):
        if shutil.which(command) is None:
            return (
                f"sandbox: expected the command {command}, found none; install it (Debian: apt-get install {package})"
            )
    how, errors = _tried()
    if how is not None:
        return None
    messages = "; ".join(f"{name}, {error}" for name, error in errors.items())
    return f"sandbox: expected bubblewrap to start, got: {messages}. Try this: {advice(errors.values(), sys.prefix)}"


def way():
    """Return the first of WAYS that works here. Raises MachineError where there is none."""
    require_sandbox()
    return _tried()[0]


def retry_problem():
    """Try the way that worked once more; return the message if it fails, or None."""
    return _problem(way())


def lacks(how):
    """What a way does not protect, a phrase each."""
    unlimited = real_root() and not how.changes
    return [*how.lacks, *(["the number of processes is watched, but not limited by the system"] if unlimited else [])]


@functools.cache
def _tried():
    """Return (the first of WAYS that works or None, {name: what went wrong with those before it})."""
    errors = {}
    for how in WAYS:
        if how.changes and os.geteuid() != 0:
            continue
        problem = _problem(how)
        if problem is None:
            return how, errors
        errors[how.name] = problem
    return None, errors


def _problem(how):
    """Start Python in a sandbox as kernels are; return None, or the last line of its messages if it fails."""
    needed = [name for name in PACKAGES if importlib.util.find_spec(name)]
    with scratch() as folder:
        connection, home = Path(folder, "connection.json"), Path(folder, "home")
        connection.touch()
        home.mkdir()
        command = bwrap_command(how, home, connection, asdict(Limits()), waits=())
        command += [sys.executable, "-c", READ_PACKAGES, *needed]
        try:
            tried = subprocess.run(command, capture_output=True, check=False, cwd="/", timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            return f"no end within {START_SECONDS} s"
    messages = tried.stderr.decode(errors="replace").strip().splitlines()
    return None if tried.returncode == 0 else (messages or [f"exit code {tried.returncode}"])[-1]


def require_sandbox():
    """Raise MachineError unless submissions can be run in a sandbox here."""
    problem = bwrap_works()
    if problem:
        raise MachineError(
            f"{problem}, or grade with --sandbox none on a machine that holds nothing a student may not read or change"
        )
