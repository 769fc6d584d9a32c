"""Fork kernels from a warm process: a kernel that starts anew takes about a second, nearly all of it for imports.

`fork_kernel` asks the fork server of this process, or the one at the address that `use_forkserver` was given. A server
takes as long to start as a kernel: without one, the first kernel of a process is not forked. The server,
`forkserver_main`, has seen no student's code and nothing of the course.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading

import psutil

from autograder.sandbox import forkserver_main

__all__ = ["ForkError", "fork_kernel", "fork_problem", "forkserver_address", "use_forkserver"]

REQUEST_SECONDS = 60
_state = {"address": None, "problem": None, "server": None, "first": True}
_starting = threading.Lock()


class ForkError(Exception):
    """No kernel was forked; the message says why."""


def forkserver_address(environment):
    """Return the address of the fork server that this process uses; start one where it has none.

    environment: all variables that kernels of a new server will have. It ends with the process that started it.
    """
    with _starting:
        if _state["address"] is None:
            # An abstract name: no file stays behind, and no sandbox reaches it, as each has a network of its own.
            address = f"\0chainrule-{secrets.token_hex(16)}"
            _state.update(server=_start(address, environment), address=address)
        return _state["address"]


def fork_problem():
    """Return why no kernel of this process is forked any more, or None."""
    return _state["problem"]


def use_forkserver(address):
    """Let this process use the fork server at an address, which another process of this user started."""
    _state.update(address=address, problem=None)


def _start(address, environment):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(128)
        command = [sys.executable, forkserver_main.__file__, str(listener.fileno())]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environment, cwd="/", pass_fds=[listener.fileno()], **streams)


def fork_kernel(pid, user, limits, argv, environment, filter):
    """Fork a kernel into the namespaces of process pid; return its process id and a pidfd.

    user: the id that it becomes, or None. limits: {name: value} as in the module resource, without RLIMIT_. argv: the
    arguments of ipykernel_launcher. filter: of `syscalls.syscall_filter`. Raises ForkError: for the first kernel of a
    process that has no server, and, where this system cannot do it, for every kernel from then on.
    """
    if _state["problem"]:
        raise ForkError(_state["problem"])
    first, _state["first"] = _state["first"], False
    if first and _state["address"] is None:
        raise ForkError("a server is started for the second kernel")
    try:
        address = forkserver_address(environment)
        request = {"pid": pid, "user": user, "limits": limits, "argv": argv, "filter": list(filter or b"")}
        return _ask(address, request)
    except (ConnectionError, TimeoutError, ProcessLookupError) as error:
        # The server or the sandbox has ended, or the machine is busy: the next kernel may ask another server.
        if isinstance(error, ConnectionError) and _state["address"] == address:
            _state["address"] = None
        raise ForkError(error) from None
    except (OSError, ValueError, AttributeError) as error:  # AttributeError: a system without pidfds
        if psutil.pid_exists(pid):  # else the sandbox has ended
            _state["problem"] = str(error)
        raise ForkError(error) from None


def _ask(address, request):
    pidfd = os.pidfd_open(request["pid"])
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(REQUEST_SECONDS)
            connection.connect(address)
            socket.send_fds(connection, [json.dumps(request).encode()], [pidfd])
            reply, descriptors, _, _ = socket.recv_fds(connection, 2**12, 1)
    finally:
        os.close(pidfd)
    if not reply:
        raise ConnectionResetError("the fork server ended")
    if not descriptors:
        raise OSError(reply.decode(errors="replace"))
    return int(reply), descriptors[0]
