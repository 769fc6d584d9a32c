"""What this machine lets a process do, asked of the kernel and not of our own code."""

import subprocess

__all__ = ["makes_user_namespaces"]


def makes_user_namespaces(before=()):
    """Whether a command that runs behind these words may make a user namespace; in a chroot nobody may."""
    command = [*before, "unshare", "--user", "true"]
    return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0
