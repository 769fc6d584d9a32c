"""Where submissions are judged: `pool` gives processes of this machine or a Dask cluster, `submit` starts a job there.

On this machine every job has its own process: one that dies or takes too long does not affect the others. All of them
end with the command. It removes their temporary files, or the next command does if it was killed.
"""

import multiprocessing
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.forkserver import _forkserver

from pebble import concurrent

from autograder.sandbox.bubblewrap import sandbox_setup, use_sandbox_setup
from autograder.sandbox.socket_path import short_path
from autograder.sandbox.temporary_folder import scratch

__all__ = ["pool", "submit"]


@contextmanager
def pool(jobs=None, scheduler=None):
    """Give an executor that runs `executor.jobs` jobs at once, on this machine or on a Dask cluster.

    jobs: how many, by default one a processor. scheduler: the address of a Dask cluster. Raises UsageError if there is
    none at this address, or Dask is not installed.
    """
    if scheduler is None:
        with scratch() as folder, _sockets_in(folder), Workers(jobs or os.cpu_count(), folder) as workers:
            yield workers
    else:
        from autograder.grading.cluster import cluster

        with cluster(scheduler) as executor:
            yield executor


def submit(executor, seconds, function, *args):
    """Return the future of function(*args), which an executor of `pool` gives up after `seconds`."""
    if hasattr(executor, "submit_for"):
        return executor.submit_for(seconds, function, *args)
    return executor.submit(function, *args)


class Workers:
    """Runs every job in a process of its own. folder: for the temporary files of all jobs."""

    def __init__(self, jobs, folder):
        self.jobs, self.folder = jobs, folder
        self.threads = ThreadPoolExecutor(jobs)
        self.running, self.stopped = set(), False
        # Python's own fork server, for jobs; kernels have another one, in `sandbox.forkserver`.
        # A process that is forked while this one has threads may inherit a lock that is never released.
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["autograder.grading.submission"])

    def submit_for(self, seconds, function, *args):
        """Return the future of function(*args): TimeoutError after seconds, ProcessExpired if the process ends."""
        return self.threads.submit(self._run, seconds, sandbox_setup(), function, args)

    def _run(self, seconds, setup, function, args):
        with tempfile.TemporaryDirectory(prefix="cr", dir=self.folder, ignore_cleanup_errors=True) as folder:
            job = concurrent.process(timeout=seconds, mp_context=self.context)(_job)(folder, setup, function, args)
            self.running.add(job)
            if self.stopped:
                job.cancel()
            try:
                return job.result()
            finally:
                self.running.discard(job)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stopped = any(error)
        self.threads.shutdown(wait=False, cancel_futures=self.stopped)
        for job in list(self.running) if self.stopped else ():
            job.cancel()
        self.threads.shutdown()


@contextmanager
def _sockets_in(folder):
    """Let multiprocessing make its own sockets in a folder, which it reaches by a short path."""
    settings = multiprocessing.current_process()._config
    previous = settings.get("tempdir")
    descriptor, settings["tempdir"] = short_path(folder)
    try:
        yield
    finally:
        _forkserver._stop()  # its socket is in the folder; it is started again when needed
        settings["tempdir"] = previous
        os.close(descriptor)


def _job(folder, setup, function, args):
    """Run a job in this process, with its temporary files in a folder; it ends with the process that started it."""
    tempfile.tempdir = folder
    use_sandbox_setup(setup)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return function(*args)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
