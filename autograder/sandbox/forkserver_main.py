"""The fork server: a process that has imported what notebooks need, and forks a kernel into each sandbox that asks.

Started by `forkserver` as a script, so that it holds nothing of the grader: no course, no specs, no environment.
It ends when the other end of its standard input closes. Its argument is the descriptor of a socket that listens. Each
connection carries one request, which is read after the fork: no kernel finds another one's in its memory.
"""

import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import tempfile

# What a kernel imports by itself, and what notebooks import.
KERNEL_IMPORTS = (
    *("ipykernel.kernelapp", "ipykernel.zmqshell", "ipykernel.debugger", "tornado.platform.asyncio"),
    *("IPython.core.completer", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect"),
    "IPython.extensions.storemagic",
)
IMPORTS = (
    *("numpy", "numpy.random", "scipy.sparse.linalg", "sklearn.datasets", "PIL.Image", "PIL.PngImagePlugin"),
    *("matplotlib.figure", "matplotlib.projections", "matplotlib.backends.backend_agg", "matplotlib.animation"),
)
INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel sets before it imports Matplotlib
# In <sched.h>; one value for each kind of namespace that /proc names.
NAMESPACES = {
    "user": 0x10000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
}
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 22, 24, 36, 38
SECCOMP_MODE_FILTER = 2
KEYCTL = {"x86_64": 250, "aarch64": 219}  # the number of this system call
KEYCTL_JOIN_SESSION_KEYRING = 1
CAPABILITY_VERSION_3 = 0x20080522
libc = ctypes.CDLL(None, use_errno=True)


def main():
    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
    _import_all()
    # A kernel's parent ends at once: then it becomes our child, and as such leaves nothing behind when it ends.
    _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(fileno=int(sys.argv[1]))
    while True:
        ready, _, _ = select.select([0, listener], [], [])
        if 0 in ready:
            return
        connection, _ = listener.accept()
        with connection:
            if _same_user(connection) and os.fork() == 0:
                _serve(connection, listener)


def _same_user(connection):
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return user == os.geteuid()


def _import_all():
    """Import what there is. Matplotlib writes its list of fonts into a folder that is gone afterwards."""
    _import(KERNEL_IMPORTS)
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MPLCONFIGDIR": folder, "MPLBACKEND": INLINE}
        _import(IMPORTS)
    os.environ.clear()
    os.environ |= before
    gc.collect()
    gc.freeze()


def _import(names):
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def _serve(connection, listener):
    """In a fork: enter the sandbox, fork the kernel there, and answer with its pidfd or with what went wrong.

    The second fork is needed: a process that joins a namespace of processes stays outside, its children are inside.
    """
    listener.close()
    os.setsid()
    try:
        message, (sandbox,), _, _ = socket.recv_fds(connection, 2**16, 1)
        request = json.loads(message)
        _enter(sandbox, request["pid"])
        read_end, write_end = os.pipe()
        kernel = os.fork()
        if kernel == 0:
            _become_kernel(request, write_end)
        os.close(write_end)
        if problem := os.read(read_end, 2**12):  # empty once the kernel has given up its rights
            raise RuntimeError(problem.decode())
        socket.send_fds(connection, [b"%d" % kernel], [os.pidfd_open(kernel)])
    except Exception as error:
        connection.sendall(str(error).encode())
    finally:
        os._exit(0)


def _enter(sandbox, pid):
    """Join all namespaces of process pid that differ from ours, and take its root. sandbox: its pidfd.

    By itself, setns takes the root of the namespace of mounts: in a chroot, that is what lies outside of it.
    """
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY)
    kinds = [kind for kind in NAMESPACES if _namespace(kind, "self") != _namespace(kind, pid)]
    _call("setns", sandbox, sum(NAMESPACES[kind] for kind in kinds))
    os.fchdir(root)
    os.chroot(".")
    os.close(root)


def _namespace(kind, pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except FileNotFoundError:  # this system has no such kind
        return None


def _become_kernel(request, write_end):
    """Run a kernel until it ends, or write what went wrong before it could start. Does not return."""
    try:
        _confine(request)
    except BaseException as error:
        os.write(write_end, repr(error).encode()[:2000])
        os._exit(1)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    importlib.invalidate_caches()
    sys.modules["numpy"].random.seed()
    sys.argv = request["argv"]
    try:
        sys.modules["ipykernel.kernelapp"].launch_new_instance()
    finally:
        os._exit(0)


def _confine(request):
    """Cut off terminal and streams, take the limits, and give up all rights."""
    os.setsid()
    if os.uname().machine in KEYCTL:  # a session has a keyring, which the grader and all sandboxes would share
        libc.syscall(KEYCTL[os.uname().machine], KEYCTL_JOIN_SESSION_KEYRING, None)
    os.chdir("/")
    os.umask(0)  # its sockets belong to another user, and root may lack the right to write to every file
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    for name, value in request["limits"].items():
        most = value + _address_space() if name == "AS" else value  # imports do not count as the student's use
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    _drop_rights(request["user"])
    if request["filter"]:
        _filter_calls(bytes(request["filter"]))


def _drop_rights(user):
    """Become the user, if that is not None, and give up every capability for good."""
    last = int(_read("/proc/sys/kernel/cap_last_cap"))
    for capability in range(last + 1):
        _call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _call("capset", header, none)
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # As after exec: its own files in /proc belong to it.
    _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)


def _filter_calls(program):
    """Let the system refuse calls from now on. program: 8 bytes for each instruction."""
    instructions = ctypes.create_string_buffer(program, len(program))
    fields = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    _call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fields, 0, 0)


def _address_space():
    """The bytes of memory that this process has addresses for."""
    return int(_read("/proc/self/statm").split()[0]) * resource.getpagesize()


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _call(name, *args):
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
