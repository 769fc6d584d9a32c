"""Judge submissions on the workers of a Dask cluster: `cluster` gives an executor for `grading.workers.submit`.

Neither scheduler nor workers are trusted. Dask's client runs in a process of its own, `cluster_client`, which unpickles
nothing and, where there is a sandbox, sees no files but those of Python. Jobs and results are bytes, and `encoding`
checks each result here.
"""

import importlib.util
import itertools
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from pebble import ProcessExpired

from autograder.errors import MachineError, UsageError, WorkerError
from autograder.grading.encoding import decode_result, encode_job, max_result_bytes
from autograder.sandbox.bubblewrap import (
    environment,
    python_flags,
    sandbox_problem,
    system_flags,
    tmpfs,
    working_method,
)
from autograder.sandbox.outputs import clean_text

__all__ = ["Cluster", "cluster"]

PATIENCE_SECONDS = 180
MAX_MESSAGE, MAX_THREADS, MAX_TEXT = 2**30, 10_000, 300
SAME_VERSIONS = "install this project and its packages there in the versions that are here"
TLS = ("ca-file", "client.cert", "client.key")
RESOLVER = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf")


@contextmanager
def cluster(scheduler):
    """Give the `Cluster` of a Dask scheduler at this address. Raises UsageError if there is none."""
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("scheduler: expected the package distributed, found none; pip install 'chainrule[cluster]'")
    settings, command = {"scheduler": scheduler, "dask": _dask_settings()}, _client_command()
    grader_end, client_end = socket.socketpair()
    grader_end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", PATIENCE_SECONDS, 0))
    streams = {"stdin": client_end, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with Connection(grader_end.detach()) as connection, client_end:
        # In a session of its own: Ctrl-C is for the grader, which then ends it.
        process = subprocess.Popen(command, env=environment(), cwd="/", start_new_session=True, **streams)
        client_end.close()
        executor = Cluster(connection)
        try:
            executor.connect(settings)
            yield executor
        finally:
            process.kill()
            process.wait()
            executor.threads.shutdown(cancel_futures=True)


class Cluster:
    """Judges submissions on workers, at most as many at once as these have threads: `jobs`.

    connection: to the process that talks to the scheduler.
    """

    def __init__(self, connection):
        self.connection, self.jobs, self.running = connection, 0, 0
        self.problem = None  # why nothing more can be judged
        self.numbers, self.answers = itertools.count(1), {}
        self.changed, self.sending = threading.Condition(), threading.Lock()
        self.threads = ThreadPoolExecutor(2 * MAX_THREADS)

    def connect(self, settings):
        """Let the other process connect to the scheduler. Raises UsageError if it cannot."""
        self.threads.submit(self._receive)
        self._send(settings)
        with self.changed:
            self.changed.wait_for(lambda: self.jobs or self.problem, PATIENCE_SECONDS)
        if self.problem or not self.jobs:
            got = self.problem or "no answer"
            raise UsageError(f"scheduler: expected a Dask scheduler at {settings['scheduler']}, got {got}")

    def submit_for(self, seconds, _, *args):
        """Return the future of grade_submission(*args).

        Its errors: TimeoutError after seconds; ProcessExpired if the worker has ended; WorkerError if its result is
        not valid; MachineError if the scheduler is away.
        """
        return self.threads.submit(self._run, seconds, args)

    def _run(self, seconds, args):
        number, answer = next(self.numbers), Future()
        _, released, *_, options = args
        with self._turn():
            self.answers[number] = answer
            try:
                self._send([number, max_result_bytes(released, options.limits)], encode_job(seconds, *args))
                kind, worker, data = answer.result(seconds) if not self.problem else ("lost", "", b"")
            except TimeoutError:
                self._send([number, 0])
                raise
            finally:
                del self.answers[number]
        if kind == "result":
            return _result(worker, data, args)
        if kind == "ended":
            raise ProcessExpired("the worker ended")
        if kind == "error":
            raise WorkerError(
                f"worker: expected a graded submission, got a task that failed; {SAME_VERSIONS}, and read its log"
            )
        raise MachineError(f"scheduler: expected it to stay, got {self.problem}; start it and run this again")

    @contextmanager
    def _turn(self):
        """Wait until a worker is free for another job, or nothing more can be judged."""
        with self.changed:
            self.changed.wait_for(lambda: self.running < self.jobs or self.problem)
            self.running += 1
        try:
            yield
        finally:
            with self.changed:
                self.running -= 1
                self.changed.notify_all()

    def _send(self, header, data=b""):
        try:
            with self.sending:
                self.connection.send_bytes(json.dumps(header).encode() + b"\n" + data)
        except OSError:
            self._end("the end of the connection")

    def _receive(self):
        """Read what the other process sends, until it ends or sends something else."""
        try:
            while True:
                header, _, data = self.connection.recv_bytes(MAX_MESSAGE).partition(b"\n")
                kind, number, text = json.loads(header)
                self._take(kind, int(number), clean_text(text, colours=False)[:MAX_TEXT], data)
        except (OSError, EOFError, ValueError, TypeError, RecursionError):
            self._end("the end of the connection")

    def _take(self, kind, number, text, data):
        if kind == "failed":
            self._end(" ".join(text.split()))
        elif kind == "threads":
            with self.changed:
                self.jobs = min(max(number, 1), MAX_THREADS)
                self.changed.notify_all()
        elif (answer := self.answers.get(number)) is not None and not answer.done():
            answer.set_result((kind, text, data))

    def _end(self, problem):
        with self.changed:
            self.problem = self.problem or problem
            self.changed.notify_all()
        for answer in list(self.answers.values()):
            if not answer.done():
                answer.set_result(("lost", "", b""))


def _result(worker, data, args):
    _, *job = args
    try:
        return decode_result(data, *job)
    except WorkerError as error:
        raise WorkerError(f"{error} ({worker})") from None


def _dask_settings():
    """Dask's configuration of this user. In place of the names of files for TLS it holds their contents."""
    import dask.config

    settings = json.loads(json.dumps(dask.config.config, default=str))
    for name in TLS:
        path = dask.config.get(f"distributed.comm.tls.{name}", None)
        if path and "\n" not in path:
            try:
                dask.config.set({f"distributed.comm.tls.{name}": Path(path).read_text("utf-8")}, config=settings)
            except (OSError, ValueError) as error:
                raise UsageError(f"{path}: expected a file for TLS, as Dask is configured, got {error}") from None
    return settings


def _client_command():
    """The command that talks to the scheduler, in a sandbox with a network if there can be one."""
    python = [sys.executable, "-P", "-c", Path(__file__).with_name("cluster_client.py").read_text(encoding="utf-8")]
    if sandbox_problem():
        return python
    method = working_method()
    user, _ = method.user_and_group()
    command = [shutil.which("bwrap"), *method.flags, "--share-net", "--die-with-parent", *system_flags()]
    for path in RESOLVER:
        command += ["--ro-bind-try", os.path.realpath(path), path]
    command += ["--proc", "/proc", "--dev", "/dev", *tmpfs("/tmp", 2**20), *python_flags(), "--remount-ro", "/"]
    return [*command, "--chdir", "/", "--", *method.setpriv_command(user), *python]
