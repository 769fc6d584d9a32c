"""A kernel that can read Python, its packages and the student's own folder, and reach nothing else.

`BwrapProvisioner` starts a Jupyter kernel inside bubblewrap; `require_sandbox` says whether that can be had here.
"""

import contextlib
import functools
import os
import secrets
import shutil
import site
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Unicode

from autograder.errors import MachineError

__all__ = ["BwrapProvisioner", "HOME", "START_SECONDS", "WAITS", "WRITABLE", "bwrap_works", "require_sandbox"]

HOME = "/home/student"
# The folders that code inside can write to: each is a file system in memory of its own.
WRITABLE = ("/tmp", HOME, "/dev/shm")
START_SECONDS = 180
# Bubblewrap ties the life of its first process to ours late: were we killed before, it would stay. So nothing begins
# inside until the sandbox is whole and we, who hold the other end of its standard input, say that we are there.
WAITS = ["sh", "-c", 'echo >&0 && read -r _ && exec "$@"', "sh"]
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives")


class BwrapProvisioner(LocalProvisioner):
    """Run the kernel in new namespaces: no network, no home, no other process, nothing writable but its own tmpfs.

    folder: the student's files, seen read-only at HOME. sockets: where the connection file is; inside, a tmpfs for the
    kernel's ipc sockets is there. limits: the fields of `Limits`.
    """

    folder = Unicode().tag(config=True)
    sockets = Unicode().tag(config=True)
    limits = Dict().tag(config=True)

    async def pre_launch(self, **kwargs):
        kwargs = await super().pre_launch(**kwargs)
        connection = self.parent.connection_file
        # The user inside may be another one; the folder around the file is closed to everyone else.
        os.chmod(connection, 0o644)
        kwargs["cmd"] = bwrap_command(self.folder, self.sockets, connection, self.limits) + kwargs["cmd"]
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


def bwrap_command(folder, sockets, connection, limits):
    """Return the command line that precedes the kernel's own."""
    room, small = limits["disk_bytes"], limits["file_bytes"]
    command = ["bwrap", *namespaces(), "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in environment().items():
        command += ["--setenv", name, value]
    for path in SYSTEM:
        if Path(path).is_symlink():
            command += ["--symlink", os.readlink(path), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", *tmpfs("/dev/shm", small), *tmpfs("/tmp", room)]
    for path in sorted({parent for bound in (*python_folders(), sockets, HOME) for parent in Path(bound).parents}):
        command += ["--perms", "0755", "--dir", str(path)]
    for path in python_folders():
        command += ["--ro-bind", path, path]
    for path in trusted_folders():
        command += ["--tmpfs", path, "--remount-ro", path]
    command += [*tmpfs(sockets, 2**20), "--ro-bind", connection, connection, *tmpfs(HOME, small)]
    for entry in sorted(Path(folder).iterdir()):
        if not entry.is_symlink():
            command += ["--ro-bind", str(entry), f"{HOME}/{entry.name}"]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
    return command + WAITS + other_user() + limited(limits)


def namespaces():
    """The user namespace of an ordinary user is closed to further ones; root needs none and changes to another user."""
    if os.geteuid() != 0:
        closed = ["--disable-userns"] if "--disable-userns" in _help() else []
        return ["--unshare-all", "--unshare-user", *closed]
    others = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    return [*others, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def other_user():
    """Root is exempt from the limit on processes, so the kernel becomes a user that nobody else is."""
    if os.geteuid() != 0:
        return []
    number = 2**30 + secrets.randbelow(2**29)
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--inh-caps=-all"]


def limited(limits):
    """Set inside: outside, all processes of this user would count."""
    each = {"nproc": "processes", "as": "memory_bytes", "fsize": "file_bytes"}
    return ["prlimit", "--core=0", *(f"--{what}={limits[name]}" for what, name in each.items())]


def tmpfs(path, size):
    """A file system in memory that anyone inside may write to, of at most so many bytes."""
    return ["--size", str(size), "--perms", "1777", "--tmpfs", path]


@functools.cache
def _help():
    return subprocess.run(
        ["bwrap", "--help"], capture_output=True, encoding="utf-8", errors="replace", check=False
    ).stdout


def environment():
    """The only variables the student's code sees. One thread: timing stays fair when several are graded at once."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return threads | {
        "HOME": HOME,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "IPYTHONDIR": "/tmp/ipython",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def python_folders():
    """The folders of this Python and of its packages that no system folder holds yet."""
    paths = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), str(Path(sys.executable).resolve().parent)}
    paths |= {path for path in site.getsitepackages() if Path(path).is_dir()}
    covered = tuple(f"{path}/" for path in SYSTEM)
    return [path for path in sorted(paths) if not f"{path}/".startswith(covered)]


def trusted_folders():
    """Where the reference and the task specs stand inside a folder the sandbox can read: they are covered."""
    return [
        str(folder)
        for root in python_folders() + list(SYSTEM)
        for name in ("autograder", "chainrule")
        if (folder := Path(__file__).parent.parent / name).is_relative_to(root)
    ]


def bwrap_works():
    """Return None where submissions can be run in a sandbox here, or one line that says why not."""
    for command in ("bwrap", "prlimit", "setpriv"):
        if shutil.which(command) is None:
            return f"sandbox: expected the command {command}, found none"
    if "--size" not in _help():
        return "sandbox: expected a bubblewrap with the option --size (0.7 and newer), got an older one"
    probe = ["bwrap", *namespaces(), "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    tried = subprocess.run(probe, capture_output=True, encoding="utf-8", errors="replace", check=False)
    return None if tried.returncode == 0 else f"bubblewrap: expected it to start, got {tried.stderr.strip()!r}"


def require_sandbox():
    """Raise MachineError unless submissions can be run in a sandbox here."""
    problem = bwrap_works()
    if problem:
        raise MachineError(
            f"{problem}; install it (Debian: apt-get install bubblewrap), or grade with --sandbox none on a machine "
            "that holds nothing a student may not read or change"
        )
