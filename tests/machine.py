"""What this machine lets a process do, determined without the project's own code."""

import subprocess

__all__ = ["makes_user_namespaces"]


def makes_user_namespaces(before=()):
    """Return whether a command with this prefix may create a user namespace; in a chroot it may not."""
    command = [*before, "unshare", "--user", "true"]
    return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0
