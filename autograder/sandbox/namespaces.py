"""The methods to make a sandbox with bubblewrap, best first: `METHODS`; `advice` says what to do if none works.

Which of them work depends on the user, the container and the kernel's settings: `bubblewrap.working_method` tries them.
"""

import os
import pwd
import secrets
from dataclasses import dataclass
from pathlib import Path

__all__ = ["METHODS", "NESTED", "Method", "advice", "free_id", "real_root"]

NAMESPACE_FLAGS = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
SAME_ID = "the code has the grader's user id"
NESTED = "the code may make user namespaces of its own"
FIRST_ID, LAST_ID = 2**30, 2**30 + 2**29


@dataclass(frozen=True)
class Method:
    """name: for messages. flags: bubblewrap's. gaps: what it leaves open. changes_user: root becomes another user."""

    name: str
    flags: tuple
    gaps: tuple
    changes_user: bool = False

    def user_and_group(self):
        """The ids that the code runs with. If the method changes the user, they are new ones each time."""
        return (free_id(),) * 2 if self.changes_user else (os.geteuid(), os.getegid())

    def setpriv_command(self, user):
        """The command that changes the user, [] if the method does not. Root would be exempt from the process limit."""
        if not self.changes_user:
            return []
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all"]


USER_NAMESPACE_FLAGS = ("--unshare-all", "--unshare-user")
CAPABILITY_FLAGS = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
METHODS = (
    Method("as a user that nobody else is", (*NAMESPACE_FLAGS, *CAPABILITY_FLAGS), (NESTED,), changes_user=True),
    Method("in a user namespace", (*USER_NAMESPACE_FLAGS, "--disable-userns"), (SAME_ID,)),
    Method("in a user namespace that is not closed", USER_NAMESPACE_FLAGS, (SAME_ID, NESTED)),
)


def free_id(uids="/proc/self/uid_map", gids="/proc/self/gid_map"):
    """Return a random id that a process can have on this system and that belongs to no user.

    If there is none, as in a user namespace with one user, return an id that setpriv will refuse.
    """
    ranges = [(max(a, c), min(b, d)) for a, b in _id_ranges(uids) for c, d in _id_ranges(gids)]
    high = [(max(first, FIRST_ID), min(last, LAST_ID)) for first, last in ranges]
    for first, last in high + [(max(first, 1000), last) for first, last in ranges]:
        for _ in range(100 if first < last else 0):
            number = first + secrets.randbelow(last - first)
            if not _is_taken(number):
                return number
    return FIRST_ID


def _id_ranges(path):
    """The ranges of ids, each [first, last), that exist in this user namespace."""
    try:
        lines = [[int(word) for word in line.split()] for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except OSError:
        return [(0, 2**32 - 1)]
    return [(first, min(first + count, 2**32 - 1)) for first, _, count in lines]


def _is_taken(number):
    if number in (65534, 65535):  # nobody, and an id that is not valid
        return True
    try:
        return bool(pwd.getpwuid(number))
    except KeyError:
        return False


# Kernel settings that can forbid user namespaces: the forbidding value, and how to change it.
SETTINGS = {
    "user/max_user_namespaces": ("0", "user namespaces are off: sysctl -w user.max_user_namespaces=10000"),
    "kernel/unprivileged_userns_clone": (
        "0",
        "user namespaces are off for ordinary users: sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "AppArmor forbids user namespaces: give bwrap a profile with `userns,` in /etc/apparmor.d, "
        "or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
}
NOT_MOUNTED = "/ is not a mount point, as after chroot: mount --bind FOLDER FOLDER before chroot FOLDER"
UNREADABLE = "let every user read this Python and its packages: chmod -R go+rX {python}"
CONTAINER = (
    "the system forbids new namespaces: start the container with the right to make them (for example "
    "--security-opt seccomp=unconfined), or grade as an ordinary user outside of it"
)
# Words in the errors of bubblewrap, setpriv and Python, and what to do about each.
REMEDIES = (
    (("nknown option --size",), "install bubblewrap 0.7 or newer"),
    (("setuid mode",), "bwrap is setuid, so it cannot limit files: chmod u-s, or put a plain copy first on PATH"),
    (("proc on /newroot",), "the container hides parts of /proc: start it with --security-opt systempaths=unconfined"),
    (("setresuid", "setresgid"), "no other user id is there: give the container more of them (/etc/subuid)"),
    (("failed to execute", "is not found", "[Errno 13]"), UNREADABLE),
)


def advice(errors, python, system="/proc/sys", mounts="/proc/self/mountinfo"):
    """Return what to try after all METHODS failed with these errors. python: the folder of this Python.

    system, mounts: where the kernel's settings and this process's mounts are read.
    """
    text = " ".join(errors)
    if not _root_is_mounted(mounts):
        return NOT_MOUNTED
    remedies = [remedy for words, remedy in REMEDIES if any(word in text for word in words)]
    if any(word in text for word in ("namespace", "uid map", "Operation not permitted")):
        forbidding = [remedy for name, (value, remedy) in SETTINGS.items() if _read(Path(system, name)) == value]
        remedies += forbidding or [CONTAINER]
    return " and ".join(remedies).format(python=python) or "see the message of bubblewrap"


def _root_is_mounted(mounts):
    lines = _read(mounts).splitlines()
    return not lines or any(line.split()[4] == "/" for line in lines)


def _read(path):
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def real_root():
    """True if this user is root outside of any user namespace, and so exempt from the limit on processes."""
    inside, outside, _ = (_read("/proc/self/uid_map").split() + ["0", "0", "1"])[:3]
    return os.geteuid() == 0 and inside == outside == "0"
