"""Fork kernels from a warm process: a kernel that starts anew takes about a second, nearly all of it for imports.

`fork_kernel` asks the fork server of this process, which is started when it is first needed, or the one at the address
that `use_forkserver` was given. The server, `forkserver_main`, has seen no student's code and nothing of the course.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading

from autograder.sandbox import forkserver_main

__all__ = ["ForkError", "fork_kernel", "fork_problem", "forkserver_address", "use_forkserver"]

REQUEST_SECONDS = 60
_state = {"address": None, "problem": None, "server": None}
_starting = threading.Lock()


class ForkError(Exception):
    """No kernel was forked; the message says why."""


def forkserver_address(environment):
    """Return the address of the fork server that this process uses; start one where it has none.

    environment: all variables that kernels will have. The server ends with the process that started it.
    """
    with _starting:
        if _state["address"] is None:
            # An abstract name: no file stays behind, and no sandbox reaches it, as each has a network of its own.
            address = f"\0chainrule-{secrets.token_hex(16)}"
            _state.update(server=_start(address, environment), address=address)
        return _state["address"]


def fork_problem():
    """Return why the last kernel of this process was not forked, or None."""
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


def fork_kernel(sandbox, user, limits, argv, environment):
    """Fork a kernel into the namespaces of a process; return its process id and a pidfd.

    sandbox: the id of the process. user: the id that it becomes, or None. limits: {name: value} as in the module
    resource, without RLIMIT_. argv: the arguments of ipykernel_launcher. Raises ForkError.
    """
    if _state["problem"]:
        raise ForkError(_state["problem"])
    try:
        request = {"pid": sandbox, "user": user, "limits": limits, "argv": argv}
        return _ask(forkserver_address(environment), request)
    except (OSError, ValueError, AttributeError) as error:  # AttributeError: a system without pidfds
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
    if not descriptors:
        raise OSError(reply.decode(errors="replace") or "the fork server ended")
    return int(reply), descriptors[0]
