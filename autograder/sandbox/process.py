"""Start and end the process that holds a student's code, and keep its sockets, limits and sandbox: `Process`."""

import os
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import psutil
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from autograder.errors import MachineError
from autograder.sandbox.bubblewrap import CONNECTION, HOME, SOCKETS, WRITABLE, require_sandbox, retry_problem
from autograder.sandbox.socket_path import short_path
from autograder.sandbox.watchdog import Watch, family

__all__ = ["Process"]

GO = "(lambda os, sys: (os.chdir({folder!r}), sys.path.append({folder!r})))(*map(__import__, ('os', 'sys')))"
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")


class Process:
    """A running kernel, alone in its sandbox unless sandbox is "none", and a `client` to talk to it.

    folder: the student's files with the student edition of the package beside them. clock: the `Clock` of its time.
    """

    def __init__(self, folder, limits, sandbox, seconds, clock):
        self.limits, self.boxed, self.descriptors = limits, sandbox == "bwrap", []
        if self.boxed:
            require_sandbox()
        self.sockets = Path(tempfile.mkdtemp(prefix="cr"))
        self.folder_descriptor, self.short = short_path(self.sockets)
        self.context = zmq.Context()
        # A connection that carries a larger message is dropped. An answer is packed in base64 twice.
        self.context.maxmsgsize = max(2 * limits.answer_bytes, limits.output_bytes) + 2**20
        self.manager = _manager(folder, self.sockets, self.short, limits, self.boxed, self.context)
        self.client, self.watch, self.monitors = None, None, []
        end = time.monotonic() + seconds
        try:
            # Without a sandbox the kernel takes the same short path to its sockets.
            self.manager.start_kernel(cwd=str(self.sockets), pass_fds=() if self.boxed else (self.folder_descriptor,))
            self.pid = self.manager.provisioner.process.pid
            if self.boxed:
                self._hold_sockets(end)
            self.connect()
            self.client.wait_for_ready(timeout=max(end - time.monotonic(), 1))
        except (RuntimeError, OSError) as error:
            self.close()
            raise MachineError(f"kernel: expected it to start within {seconds:.0f} s, got {error}") from None
        self.watch = Watch(self.pid, limits, self.kill, self.descriptors[len(CHANNELS) :], clock)
        self.watch.start()

    def _hold_sockets(self, end):
        """Reach the sockets inside by descriptors that are opened before any code of the student's runs.

        So nothing of the host needs to be writable inside, and what is put in a socket's place later is not followed.
        """
        ports = [getattr(self.manager, f"{channel}_port") for channel in CHANNELS]
        paths = [f"{self.manager.ip}-{port}" for port in ports] + list(WRITABLE)
        while not self.descriptors:
            if not self.manager.is_alive():
                raise RuntimeError(f"an end at once: {retry_problem() or 'started again, it stays'}")
            if time.monotonic() > end:
                raise RuntimeError("no sign of life")
            time.sleep(0.01)
            self.descriptors = _opened(family(self.pid), paths)
        self.manager.ip = f"{self.short}/held"
        for port, descriptor in zip(ports, self.descriptors, strict=False):
            os.symlink(f"/proc/self/fd/{descriptor}", f"{self.manager.ip}-{port}")

    def connect(self):
        """Make a new `client`, in the place of one whose connection was dropped."""
        self._disconnect()
        self.client = self.manager.client(context=self.context)
        self.client.start_channels(stdin=False, hb=False)
        for channel in (self.client.shell_channel, self.client.iopub_channel):
            place = f"inproc://{secrets.token_hex(8)}"
            self.monitors.append(channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED, place))

    def _disconnect(self):
        for monitor in self.monitors:
            monitor.close(linger=0)
        self.monitors = []
        if self.client is not None:
            self.client.stop_channels()

    def dropped(self):
        """True if a connection of the client was dropped: it carried a message that was too large."""
        return any(monitor.poll(0) for monitor in self.monitors)

    @property
    def reason(self):
        """Why it was ended, if it used too much."""
        return self.watch.reason

    def alive(self):
        return self.manager.is_alive()

    def interrupt(self):
        self.client.control_channel.send(self.client.session.msg("interrupt_request"))

    def kill(self):
        """End it and all it has started, at once. Of a sandbox, nothing is left once its first process is gone."""
        for process in family(self.pid)[: 1 if self.boxed else None]:
            try:
                process.kill()
            except psutil.Error:
                continue

    def close(self):
        """End the process and remove its sockets."""
        if self.watch is not None:
            self.watch.end()
            self.kill()
        self._disconnect()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.context.destroy(linger=0)
        shutil.rmtree(self.sockets, ignore_errors=True)
        for descriptor in [self.folder_descriptor, *self.descriptors]:
            os.close(descriptor)


def _opened(processes, paths):
    """Return descriptors of paths as one of the processes sees them, or an empty list where they are not all there."""
    for process in processes:
        seen = [f"/proc/{process.pid}/root{path}" for path in paths]
        if all(os.path.lexists(path) for path in seen):
            return [os.open(path, os.O_PATH | os.O_NOFOLLOW) for path in seen]
    return []


def _manager(folder, sockets, short, limits, boxed, context):
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", CONNECTION if boxed else "{connection_file}"]
    # Nothing is remembered between two kernels, and no file of history is written.
    argv += ["--HistoryManager.enabled=False", "--InteractiveShell.cache_size=0"]
    # Python starts in another folder, and looks there last: a student's file may be called like a module it needs.
    go = GO.format(folder=HOME if boxed else str(folder))
    argv += ["--InteractiveShellApp.ignore_cwd=True", f"--IPKernelApp.exec_lines={go}"]
    metadata = {}
    if boxed:
        config = {"folder": str(folder), "limits": asdict(limits)}
        metadata = {"kernel_provisioner": {"provisioner_name": "chainrule-bwrap", "config": config}}
    manager = KernelManager(
        transport="ipc",
        ip=f"{SOCKETS if boxed else short}/k",
        connection_file=str(sockets / "connection.json"),
        kernel_name="chainrule",
        context=context,
    )
    manager._kernel_spec = KernelSpec(
        argv=argv, display_name="chainrule", language="python", interrupt_mode="message", metadata=metadata
    )
    return manager
