"""The ways to make a sandbox with bubblewrap on a machine, best first: `WAYS`, and `advice` on what keeps them closed.

Which can be had depends on the user, the container and the settings of the kernel, so `sandbox.way` tries them.
"""

import os
import pwd
import secrets
from dataclasses import dataclass
from pathlib import Path

__all__ = ["WAYS", "Way", "advice", "free_id", "real_root"]

APART = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
SAME_ID = "the code has the grader's user id"
DEEPER = "the code may make user namespaces of its own"
FIRST_ID, LAST_ID = 2**30, 2**30 + 2**29


@dataclass(frozen=True)
class Way:
    """name: what is done. flags: bubblewrap's. lacks: what it does not protect. changes: root becomes another user."""

    name: str
    flags: tuple
    lacks: tuple
    changes: bool = False

    def ids(self):
        """The ids of the user and the group that the code has, drawn anew each time where it becomes another user."""
        return (free_id(),) * 2 if self.changes else (os.geteuid(), os.getegid())

    def user(self, number):
        """The command that makes the code another user. Root is exempt from the limit on processes."""
        if not self.changes:
            return []
        return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--inh-caps=-all"]


NEW_USERS = ("--unshare-all", "--unshare-user")
RIGHTS = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
WAYS = (
    Way("as a user that nobody else is", (*APART, *RIGHTS), (DEEPER,), changes=True),
    Way("in a user namespace", (*NEW_USERS, "--disable-userns"), (SAME_ID,)),
    Way("in a user namespace that is not closed", NEW_USERS, (SAME_ID, DEEPER)),
)


def free_id(uids="/proc/self/uid_map", gids="/proc/self/gid_map"):
    """Return an id that this system can give to a process and that no user has, drawn anew each time.

    Where there are none, as in a user namespace with one user, it is one that will be refused.
    """
    ranges = [(max(a, c), min(b, d)) for a, b in _mapped(uids) for c, d in _mapped(gids)]
    high = [(max(first, FIRST_ID), min(last, LAST_ID)) for first, last in ranges]
    for first, last in high + [(max(first, 1000), last) for first, last in ranges]:
        for _ in range(100 if first < last else 0):
            number = first + secrets.randbelow(last - first)
            if not _known(number):
                return number
    return FIRST_ID


def _mapped(path):
    """The ranges of ids, each [first, last), that are there in this user namespace. 2^16 - 2 and more stay unused."""
    try:
        lines = [[int(word) for word in line.split()] for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except OSError:
        return [(0, 2**32 - 1)]
    return [(first, min(first + count, 2**32 - 1)) for first, _, count in lines]


def _known(number):
    if number in (65534, 65535):
        return True
    try:
        return bool(pwd.getpwuid(number))
    except KeyError:
        return False


# Settings of the kernel that forbid user namespaces: the value that does, and how to change it.
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
CHROOT = "/ is not a mount point, as after chroot: mount --bind FOLDER FOLDER before chroot FOLDER"
READ = "let every user read this Python and its packages: chmod -R go+rX {python}"
CONTAINER = (
    "the system forbids new namespaces: start the container with the right to make them (for example "
    "--security-opt seccomp=unconfined), or grade as an ordinary user outside of it"
)
# What bubblewrap and what it starts say, and what to do about it.
TELLING = (
    (("nknown option --size",), "install bubblewrap 0.7 or newer"),
    (("setuid mode",), "bwrap is setuid, so it cannot limit files: chmod u-s, or put a plain copy first on PATH"),
    (("proc on /newroot",), "the container hides parts of /proc: start it with --security-opt systempaths=unconfined"),
    (("setresuid", "setresgid"), "no other user id is there: give the container more of them (/etc/subuid)"),
    (("failed to execute", "is not found", "[Errno 13]"), READ),
)


def advice(errors, python, system="/proc/sys", mounts="/proc/self/mountinfo"):
    """Return what to do where these are the errors of all WAYS, one a way; python: the folder of this Python."""
    text = " ".join(errors)
    if not _root_is_mounted(mounts):
        return CHROOT
    remedies = [remedy for words, remedy in TELLING if any(word in text for word in words)]
    if any(word in text for word in ("namespace", "uid map", "Operation not permitted")):
        off = [remedy for name, (value, remedy) in SETTINGS.items() if _read(Path(system, name)) == value]
        remedies += off or [CONTAINER]
    return " and ".join(remedies).format(python=python) or "see what it says"


def _root_is_mounted(mounts):
    lines = _read(mounts).splitlines()
    return not lines or any(line.split()[4] == "/" for line in lines)


def _read(path):
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def real_root():
    """True if this user is root to the operating system itself: no limit on processes holds for it."""
    inside, outside, _ = (_read("/proc/self/uid_map").split() + ["0", "0", "1"])[:3]
    return os.geteuid() == 0 and inside == outside == "0"
