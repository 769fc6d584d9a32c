"""A kernel that can read Python, its packages and the student's own folder, and reach nothing else.

`BwrapProvisioner` starts a Jupyter kernel inside bubblewrap; `require_sandbox` says whether that can be had here.
"""

import os
import resource
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Unicode

from autograder.errors import MachineError

__all__ = ["BwrapProvisioner", "HOME", "bwrap_works", "require_sandbox"]

HOME = "/home/student"
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives")


class BwrapProvisioner(LocalProvisioner):
    """Run the kernel in new namespaces: no network, no home, no other process, nothing writable but its own tmpfs.

    folder: the student's files, seen read-only at HOME. sockets: where the kernel's ipc sockets and its
    connection file are. limits: the fields of `Limits`.
    """

    folder = Unicode().tag(config=True)
    sockets = Unicode().tag(config=True)
    limits = Dict().tag(config=True)

    async def pre_launch(self, **kwargs):
        kwargs = await super().pre_launch(**kwargs)
        # Set inside: outside, all processes of this user would count.
        limit = ["prlimit", f"--nproc={self.limits['processes']}"] if shutil.which("prlimit") else []
        kwargs["cmd"] = bwrap_command(self.folder, self.sockets) + limit + kwargs["cmd"]
        # In its own pid namespace the kernel cannot see the parent it would poll for.
        kwargs["env"] = {"PATH": os.environ.get("PATH", "")}
        return kwargs

    async def launch_kernel(self, cmd, **kwargs):
        kwargs |= {"preexec_fn": lambda: set_limits(self.limits), "stdout": subprocess.DEVNULL}
        return await super().launch_kernel(cmd, stderr=subprocess.DEVNULL, **kwargs)


def set_limits(limits):
    """Set the resource limits of this process and its children."""
    for what, amount in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (amount, amount))


def bwrap_command(folder, sockets):
    """Return the command line that precedes the kernel's own."""
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in environment().items():
        command += ["--setenv", name, value]
    for path in SYSTEM:
        if Path(path).is_symlink():
            command += ["--symlink", os.readlink(path), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/home"]
    for path in python_folders():
        command += ["--ro-bind", path, path]
    for path in trusted_folders():
        command += ["--tmpfs", path]
    command += ["--bind", sockets, sockets, "--tmpfs", HOME]
    for entry in sorted(Path(folder).iterdir()):
        if not entry.is_symlink():
            command += ["--ro-bind", str(entry), f"{HOME}/{entry.name}"]
    return [*command, "--chdir", HOME]


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
    """Return None where bubblewrap can start a process in new namespaces here, or one line that says why not."""
    if shutil.which("bwrap") is None:
        return "bubblewrap: expected the command bwrap, found none"
    probe = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    tried = subprocess.run(probe, capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"bubblewrap: expected it to start, got {tried.stderr.strip()!r}"


def require_sandbox():
    """Raise MachineError unless submissions can be run in a sandbox here."""
    problem = bwrap_works()
    if problem:
        raise MachineError(
            f"{problem}; install it (Debian: apt-get install bubblewrap), or grade with --sandbox none on a machine "
            "that holds nothing a student may not read or change"
        )
