"""Start a kernel that sees only Python, its packages and the student's own folder.

`BwrapProvisioner` starts a Jupyter kernel inside bubblewrap; `require_sandbox` raises if that does not work here.
"""

import contextlib
import functools
import importlib.util
import os
import select
import shutil
import site
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Unicode

import autograder
from autograder.errors import MachineError
from autograder.sandbox.forkserver import ForkError, fork_kernel, forkserver_address, use_forkserver
from autograder.sandbox.limits import Limits, resource_limits
from autograder.sandbox.namespaces import METHODS, NESTED, advice, real_root
from autograder.sandbox.syscalls import syscall_filter
from autograder.sandbox.temporary_folder import scratch

__all__ = [
    "BwrapProvisioner",
    "CONNECTION",
    "HOME",
    "SOCKETS",
    "START_SECONDS",
    "WAIT_FOR_GRADER",
    "WRITABLE",
    "environment",
    "known_gaps",
    "python_flags",
    "require_sandbox",
    "retry_problem",
    "sandbox_problem",
    "sandbox_setup",
    "system_flags",
    "tmpfs",
    "use_sandbox_setup",
    "working_method",
]

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives")


def python_folders():
    """The folders of this Python, of links to it and of its packages, as far as they are not in SYSTEM."""
    paths = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    paths |= {str(path) for path in executables()} | set(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        paths.add(site.getusersitepackages())
    folders = []
    for path in sorted(paths, key=len):
        if os.path.exists(path) and not f"{path}/".startswith(tuple(f"{parent}/" for parent in (*SYSTEM, *folders))):
            folders.append(path)
    return folders


def executables():
    """The path of this Python's executable and, if it is a link, of everything that it leads to in turn."""
    path = Path(sys.executable)
    yield path
    while os.path.islink(path):
        path = path.parent / os.readlink(path)
        yield Path(os.path.normpath(path))
    yield Path(os.path.realpath(path))


def free_folder(path):
    """Return the path, with a number appended if it is, contains or lies in a folder of this Python."""
    taken = [f"{folder}/" for folder in python_folders()]
    paths = [path, *(f"{path}{number}" for number in range(2, len(taken) + 3))]
    return next(p for p in paths if not any(t.startswith(f"{p}/") or f"{p}/".startswith(t) for t in taken))


HOME = free_folder("/home/student")
# Inside the sandbox, the folder of the kernel's sockets and its connection file. Paths of sockets must be short.
SOCKETS = free_folder("/run/kernel")
CONNECTION = f"{SOCKETS}/connection.json"
# The folders that code inside can write to. Each is its own file system in memory.
WRITABLE = ("/tmp", HOME, "/dev/shm", SOCKETS)
START_SECONDS = 180
# The sandbox is held open by a shell that tells the grader, by its standard input, that it is ready, and waits for an
# answer. Where the kernel is forked none comes: the shell waits until the grader closes the other end or is killed.
# Else it becomes the kernel: --die-with-parent takes effect late, so nothing may start before the grader has answered.
# umask: inside, the sockets belong to another user, and root may lack the right to write to every file.
WAIT_FOR_GRADER = ["sh", "-c", 'umask 0; echo >&0 && read -r _ && exec "$@"', "sh"]
# Packages that a kernel must be able to find and read, those of them that are installed; a sandbox is tested with them.
SANDBOX_PACKAGES = (
    "numpy",
    "matplotlib",
    "ipykernel",
    "IPython",
    "zmq",
    "tornado",
    "scipy",
    "sklearn",
    "PIL",
    "igraph",
)
READ_PACKAGES = """
import importlib.util, sys
for name in sys.argv[1:]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"the package {name} is not found")
    open(spec.origin).close()
"""

_state = {"method": None}


class BwrapProvisioner(LocalProvisioner):
    """Run the kernel in new namespaces: no network, no home, no other process, nothing writable but its own tmpfs.

    folder: the student's files, mounted read-only at HOME. limits: the fields of `Limits` as a dict. Inside, the
    connection file is CONNECTION, beside the kernel's sockets.
    """

    folder = Unicode().tag(config=True)
    limits = Dict().tag(config=True)

    # grader_end: the socket to the shell that holds the sandbox. The others belong to a kernel that was forked.
    grader_end, kernel_pid, kernel_pidfd, filter = None, None, None, None

    async def pre_launch(self, **kwargs):
        kwargs = await super().pre_launch(**kwargs)
        connection = self.parent.connection_file
        # The user inside may be another one. No other user can open the folder that holds the file.
        os.chmod(connection, 0o644)
        method = working_method()
        ids, self.kernel_argv = method.user_and_group(), kwargs["cmd"][2:]  # without python -m
        self.user = ids[0] if method.changes_user else None
        self.filter = open_filter()
        inner = kwargs["cmd"]
        kwargs["cmd"] = bwrap_command(method, ids, self.folder, connection, self.limits, self.filter) + inner
        # JPY_PARENT_PID is left out: in its own pid namespace the kernel cannot see its parent, and would exit.
        kwargs["env"] = {"PATH": os.environ.get("PATH", "")}
        return kwargs

    async def launch_kernel(self, cmd, **kwargs):
        kwargs |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.grader_end, sandbox_end = socket.socketpair()
        self.grader_end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with sandbox_end, self.filter:
            kwargs |= {"stdin": sandbox_end.fileno(), "pass_fds": [self.filter.fileno()]}
            info = await super().launch_kernel(cmd, **kwargs)
        self.grader_end.settimeout(START_SECONDS)
        # If the sandbox does not start, `Process` finds out, which waits for the kernel.
        with contextlib.suppress(OSError):
            self._start_inside()
        return info

    def _start_inside(self):
        """Once the sandbox is whole, fork the kernel into it; where that cannot be done, start a new one inside."""
        ready, credentials, _, _ = self.grader_end.recvmsg(1, socket.CMSG_SPACE(12))
        if not ready:
            return
        waiting, _, _ = struct.unpack("3i", credentials[0][2])
        try:
            request = waiting, self.user, resource_limits(self.limits), self.kernel_argv
            self.kernel_pid, self.kernel_pidfd = fork_kernel(*request, environment(), syscall_filter())
        except ForkError:
            self.grader_end.sendall(b"\n")

    async def poll(self):
        # Bubblewrap does not notice the end of a kernel that was forked, as it is not its child.
        if self.kernel_pidfd is not None and select.select([self.kernel_pidfd], [], [], 0)[0]:
            self.process.kill()
            self.process.wait()
        return await super().poll()

    async def cleanup(self, restart=False):
        await super().cleanup(restart)
        if self.grader_end is not None:
            self.grader_end.close()
        if self.kernel_pidfd is not None:
            os.close(self.kernel_pidfd)
        self.grader_end = self.kernel_pidfd = None


def open_filter():
    """Return an open file with the filter of system calls, empty if there is none; bubblewrap reads it once."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 it is closed by those who asked for it
    file.write(syscall_filter() or b"")
    file.seek(0)
    return file


def bwrap_command(method, ids, folder, connection, limits, filter_file, wait_command=WAIT_FOR_GRADER):
    """Return the command line that precedes the kernel's own. method: one of METHODS. ids: user and group inside.

    filter_file: of `open_filter`. Files passwd and group for the inside are written beside the connection file.
    """
    disk_bytes, file_bytes, (user, group) = limits["disk_bytes"], limits["file_bytes"], ids
    command = [shutil.which("bwrap"), *method.flags, "--die-with-parent", "--new-session", "--clearenv"]
    if syscall_filter():
        command += ["--seccomp", str(filter_file.fileno())]
    for name, value in environment().items():
        command += ["--setenv", name, value]
    command += system_flags()
    for path in write_user_files(Path(connection).parent, user, group):
        command += ["--ro-bind", str(path), f"/etc/{path.name}"]
    command += ["--proc", "/proc", "--dev", "/dev", *tmpfs("/dev/shm", file_bytes), *tmpfs("/tmp", disk_bytes)]
    command += [*open_parents([SOCKETS, HOME]), *python_flags()]
    for path in trusted_folders():
        command += ["--tmpfs", path, "--remount-ro", path]
    command += [*tmpfs(SOCKETS, 2**20), "--ro-bind", connection, CONNECTION, *tmpfs(HOME, file_bytes)]
    for entry in sorted(Path(folder).iterdir()):
        if not entry.is_symlink():
            command += ["--ro-bind", str(entry), f"{HOME}/{entry.name}"]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
    # The limits are set inside: outside, all processes of this user would count.
    prlimit = ["prlimit", *(f"--{name.lower()}={value}" for name, value in resource_limits(limits).items())]
    return [*command, *method.setpriv_command(user), *wait_command, *prlimit]


def system_flags():
    """The flags that let code read the system."""
    flags = open_parents(SYSTEM)
    for path in SYSTEM:
        if Path(path).is_symlink():
            flags += ["--symlink", os.readlink(path), path]
        elif Path(path).exists():
            flags += ["--ro-bind", path, path]
    return flags


def python_flags():
    """The flags that let code read this Python and its packages. They come after /tmp, where these may be."""
    binds = [word for path in python_folders() for word in ("--ro-bind", path, path)]
    return open_parents(python_folders()) + binds


def write_user_files(folder, user, group):
    """Write passwd and group, a line each, so that the user inside has a name and a home; return their paths."""
    lines = {"passwd": f"student:x:{user}:{group}::{HOME}:/bin/sh\n", "group": f"student:x:{group}:\n"}
    for name, line in lines.items():
        path = Path(folder, name)
        path.write_text(line, encoding="utf-8")
        path.chmod(0o644)
        yield path


def open_parents(paths):
    """The flags that make the parent folders of these paths readable by all users; bubblewrap's own would not be."""
    parents = {parent for path in paths for parent in Path(path).parents} - {Path("/tmp"), Path("/dev/shm")}
    return [word for path in sorted(parents) for word in ("--perms", "0755", "--dir", str(path))]


def tmpfs(path, size):
    """The flags for a file system in memory of at most `size` bytes, which every user inside can write to."""
    return ["--size", str(size), "--perms", "1777", "--tmpfs", path]


def environment():
    """The only variables the student's code sees. One thread: timing stays fair when several are graded at once.

    MALLOC_ARENA_MAX: the C library reserves 64 MB of addresses for each thread otherwise. A dozen threads would then
    reach the limit of memory, and IPython could not show the student's error.
    """
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
        "MALLOC_ARENA_MAX": "1",
        **({"PYTHONUSERBASE": site.getuserbase()} if site.ENABLE_USER_SITE else {"PYTHONNOUSERSITE": "1"}),
    }


def trusted_folders():
    """The folders of the reference and the task specs, as far as the sandbox can read them; they get covered."""
    return [
        str(folder)
        for root in python_folders() + list(SYSTEM)
        for name in ("autograder", "chainrule")
        if (folder := Path(autograder.__file__).parent.parent / name).is_relative_to(root)
    ]


def sandbox_problem():
    """Return None if submissions can be run in a sandbox here, else one line that says why not and what to try."""
    for command, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux"), ("setpriv", "util-linux")):
        if shutil.which(command) is None:
            return (
                f"sandbox: expected the command {command}, found none; install it (Debian: apt-get install {package})"
            )
    method, errors = _find_method()
    if method is not None:
        return None
    messages = "; ".join(f"{name}, {error}" for name, error in errors.items())
    return f"sandbox: expected bubblewrap to start, got: {messages}. Try this: {advice(errors.values(), sys.prefix)}"


def working_method():
    """Return the first of METHODS that works here. Raises MachineError if there is none."""
    require_sandbox()
    return _find_method()[0]


def retry_problem():
    """Try the working method again; return the message if it fails now, or None."""
    return _method_problem(working_method())


def sandbox_setup():
    """Return what this process found out and started, for `use_sandbox_setup` in a process that it starts, or None."""
    if not _find_method.cache_info().currsize:
        return None
    return working_method(), forkserver_address(environment())


def use_sandbox_setup(setup):
    """Use the method that works and the fork server of the process that started this one."""
    if setup is not None:
        _state["method"], address = setup
        use_forkserver(address)


def known_gaps(method):
    """Return phrases that say what a method does not protect."""
    gaps = [gap for gap in method.gaps if gap != NESTED or not syscall_filter()]
    if not syscall_filter():
        gaps.append("system calls are not filtered, as libseccomp or its Python package is missing")
    if real_root() and not method.changes_user:
        gaps.append("the number of processes is watched, but not limited by the system")
    return gaps


@functools.cache
def _find_method():
    """Return (the first of METHODS that works or None, {name: error} of those before it)."""
    if _state["method"] is not None:
        return _state["method"], {}
    errors = {}
    for method in METHODS:
        if method.changes_user and os.geteuid() != 0:
            continue
        problem = _method_problem(method)
        if problem is None:
            return method, errors
        errors[method.name] = problem
    return None, errors


def _method_problem(method):
    """Start Python in a sandbox as a kernel is started; return None, or the last line of its errors if it fails."""
    packages = [name for name in SANDBOX_PACKAGES if importlib.util.find_spec(name)]
    with scratch() as folder, open_filter() as filter_file:
        connection, home = Path(folder, "connection.json"), Path(folder, "home")
        connection.touch()
        home.mkdir()
        ids, limits = method.user_and_group(), asdict(Limits())
        command = bwrap_command(method, ids, home, connection, limits, filter_file, wait_command=())
        command += [sys.executable, "-c", READ_PACKAGES, *packages]
        options = {"capture_output": True, "check": False, "pass_fds": [filter_file.fileno()]}
        try:
            trial = subprocess.run(command, cwd="/", timeout=START_SECONDS, **options)
        except subprocess.TimeoutExpired:
            return f"no end within {START_SECONDS} s"
    messages = trial.stderr.decode(errors="replace").strip().splitlines()
    return None if trial.returncode == 0 else (messages or [f"exit code {trial.returncode}"])[-1]


def require_sandbox():
    """Raise MachineError unless submissions can be run in a sandbox here."""
    problem = sandbox_problem()
    if problem:
        raise MachineError(
            f"{problem}, or grade with --sandbox none on a machine that holds nothing a student may not read or change"
        )
