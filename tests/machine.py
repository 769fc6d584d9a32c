"""What this machine lets a process do, determined without the project's own code, and doing without root's rights."""

import ctypes
import subprocess
import time
from contextlib import contextmanager

__all__ = ["PATIENCE", "makes_user_namespaces", "wait_until", "without_root_rights"]

PATIENCE = 600  # seconds for what takes less than one on an idle machine

RIGHTS = 1 << 1 | 1 << 2  # to read and to write every file: dac_override, dac_read_search


def makes_user_namespaces(before=()):
    """Return whether a command with this prefix may create a user namespace; in a chroot it may not."""
    command = [*before, "unshare", "--user", "true"]
    return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0


def wait_until(condition):
    """Wait until a condition holds; return whether it does, which takes a while on a busy machine."""
    end = time.monotonic() + PATIENCE
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return bool(holds)


@contextmanager
def without_root_rights():
    """Drop root's right to read and write everything."""
    libc = ctypes.CDLL(None, use_errno=True)
    version, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable
    assert libc.capget(version, sets) == 0
    effective = sets[0]
    try:
        sets[0] = effective & ~RIGHTS
        assert libc.capset(version, sets) == 0
        yield
    finally:
        sets[0] = effective
        assert libc.capset(version, sets) == 0
