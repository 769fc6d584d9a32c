"""Start and end the process that runs a student's code, with its sockets, limits and sandbox: `Process`."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from queue import Empty

import psutil
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from autograder.errors import MachineError
from autograder.sandbox.bubblewrap import CONNECTION, HOME, SOCKETS, WRITABLE, require_sandbox, retry_problem
from autograder.sandbox.socket_path import short_path
from autograder.sandbox.watchdog import Watchdog, process_trees

__all__ = ["Process"]

ENTER_FOLDER = "(lambda os, sys: (os.chdir({folder!r}), sys.path.append({folder!r})))(*map(__import__, ('os', 'sys')))"
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")


class Process:
    """A running kernel, in a sandbox of its own unless sandbox is "none", and a `client` to talk to it.

    folder: the student's files with the student edition of the package beside them. clock: the `Clock` of its time.
    """

    def __init__(self, folder, limits, sandbox, seconds, clock):
        self.limits, self.sandboxed, self.descriptors = limits, sandbox == "bwrap", []
        if self.sandboxed:
            require_sandbox()
        self.sockets = Path(tempfile.mkdtemp(prefix="cr"))
        self.folder_descriptor, self.short_sockets = short_path(self.sockets)
        self.context = zmq.Context()
        # A larger message makes the connection drop. An answer is encoded in base64 twice.
        self.context.maxmsgsize = max(2 * limits.answer_bytes, limits.output_bytes) + 2**20
        self.manager = _manager(folder, self.sockets, self.short_sockets, limits, self.sandboxed, self.context)
        self.client, self.watchdog, self.monitors = None, None, []
        end = time.monotonic() + seconds
        try:
            # Without a sandbox the kernel uses the same short path to its sockets.
            pass_fds = () if self.sandboxed else (self.folder_descriptor,)
            self.manager.start_kernel(cwd=str(self.sockets), pass_fds=pass_fds)
            self.roots = _roots(self.manager.provisioner)
            if self.sandboxed:
                self._open_sockets(end)
            self.connect()
            self._wait_for_ready(end)
        except (RuntimeError, OSError) as error:
            self.close()
            raise MachineError(f"kernel: expected it to start within {seconds:.0f} s, got {error}") from None
        self.watchdog = Watchdog(self.roots, limits, self.kill, self.descriptors[len(CHANNELS) :], clock)
        self.watchdog.start()

    def _open_sockets(self, end):
        """Open descriptors of the sockets inside the sandbox before any code of the student runs.

        No folder of the host has to be writable inside, and a file that later replaces a socket is not followed.
        """
        ports = [getattr(self.manager, f"{channel}_port") for channel in CHANNELS]
        paths = [f"{self.manager.ip}-{port}" for port in ports] + list(WRITABLE)
        while not self.descriptors:
            if not self.manager.is_alive():
                raise RuntimeError(f"an early exit: {retry_problem() or 'a second try works, run this again'}")
            if time.monotonic() > end:
                raise RuntimeError("no sockets")
            time.sleep(0.01)
            self.descriptors = _open_paths(process_trees(self.roots), paths)
        self.manager.ip = f"{self.short_sockets}/fd"
        for port, descriptor in zip(ports, self.descriptors, strict=False):
            os.symlink(f"/proc/self/fd/{descriptor}", f"{self.manager.ip}-{port}")

    def _wait_for_ready(self, end):
        """Return once the kernel replies and its outputs come, too.

        jupyter_client's own way goes on to wait until nothing has come for a while; here that belongs to no cell.
        """
        while True:
            self.client.kernel_info()
            with contextlib.suppress(Empty):
                self.client.get_shell_msg(timeout=1)
                self.client.get_iopub_msg(timeout=0.2)
                return
            if not self.alive():
                raise RuntimeError("an end before it replied")
            if time.monotonic() > end:
                raise RuntimeError("no reply")

    def connect(self):
        """Make a new `client`; it replaces one whose connection was dropped."""
        self._disconnect()
        self.client = self.manager.client(context=self.context)
        self.client.start_channels(stdin=False, hb=False)
        for channel in (self.client.shell_channel, self.client.iopub_channel):
            address = f"inproc://{secrets.token_hex(8)}"
            self.monitors.append(channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED, address))

    def _disconnect(self):
        for monitor in self.monitors:
            monitor.close(linger=0)
        self.monitors = []
        if self.client is not None:
            self.client.stop_channels()

    def dropped(self):
        """True if a connection of the client was dropped because a message was too large."""
        return any(monitor.poll(0) for monitor in self.monitors)

    @property
    def reason(self):
        """The limit for which the watchdog ended the process, or ""."""
        return self.watchdog.reason

    def alive(self):
        return self.manager.is_alive()

    def interrupt(self):
        self.client.control_channel.send(self.client.session.msg("interrupt_request"))

    def kill(self):
        """End the process and all its children at once. A sandbox ends with its first process."""
        for process in self.roots[:1] if self.sandboxed else process_trees(self.roots):
            try:
                process.kill()
            except psutil.Error:
                continue

    def close(self):
        """End the process and remove its sockets."""
        if self.watchdog is not None:
            self.watchdog.end()
            self.kill()
        self._disconnect()
        if self.manager.has_kernel:
            with contextlib.suppress(subprocess.TimeoutExpired):  # the manager waits in steps of 0.1 s
                self.manager.provisioner.process.wait(1)
            self.manager.shutdown_kernel(now=True)
        self.context.destroy(linger=0)
        shutil.rmtree(self.sockets, ignore_errors=True)
        for descriptor in [self.folder_descriptor, *self.descriptors]:
            os.close(descriptor)


def _roots(provisioner):
    """Return what was started and is still there: bubblewrap, or the kernel itself, and a kernel that was forked."""
    processes = []
    for pid in filter(None, (provisioner.process.pid, getattr(provisioner, "kernel_pid", None))):
        with contextlib.suppress(psutil.Error):
            processes.append(psutil.Process(pid))
    return processes


def _open_paths(processes, paths):
    """Return descriptors of paths as one of the processes sees them, or [] while none of them sees all."""
    for process in processes:
        outside = [f"/proc/{process.pid}/root{path}" for path in paths]
        if all(os.path.lexists(path) for path in outside):
            return [os.open(path, os.O_PATH | os.O_NOFOLLOW) for path in outside]
    return []


def _manager(folder, sockets, short_sockets, limits, sandboxed, context):
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", CONNECTION if sandboxed else "{connection_file}"]
    # No history is shared between kernels or written to a file.
    argv += ["--HistoryManager.enabled=False", "--InteractiveShell.cache_size=0"]
    # The student's folder comes last in sys.path: a file in it may be named like a module that the kernel needs.
    enter = ENTER_FOLDER.format(folder=HOME if sandboxed else str(folder))
    argv += ["--InteractiveShellApp.ignore_cwd=True", f"--IPKernelApp.exec_lines={enter}"]
    metadata = {}
    if sandboxed:
        config = {"folder": str(folder), "limits": asdict(limits)}
        metadata = {"kernel_provisioner": {"provisioner_name": "chainrule-bwrap", "config": config}}
    manager = KernelManager(
        transport="ipc",
        ip=f"{SOCKETS if sandboxed else short_sockets}/k",
        connection_file=str(sockets / "connection.json"),
        kernel_name="chainrule",
        context=context,
    )
    # `interrupt` sends a message itself; the manager interrupts only what it ends, and its message would linger.
    manager._kernel_spec = KernelSpec(
        argv=argv, display_name="chainrule", language="python", interrupt_mode="signal", metadata=metadata
    )
    return manager
