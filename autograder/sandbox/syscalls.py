"""The system calls that students' code may not make: `syscall_filter`.

Namespaces hide what the code should not see. They do not count memory that belongs to no process, they share the
keyrings of the system, and they let code make namespaces of its own. A filter of the system (seccomp) forbids the calls
for that.
"""

import ctypes
import errno
import functools
import tempfile

try:
    import pyseccomp
except (ImportError, RuntimeError):  # RuntimeError: the package is there, the system's libseccomp is not
    pyseccomp = None

__all__ = ["FORBIDDEN", "syscall_filter"]

FORBIDDEN = (
    # Memory that no process is charged for, or that outlives its process.
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open", "userfaultfd", "io_uring_setup"),
    # Namespaces and mounts, which come with memory and rights of their own.
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "mount_setattr"),
    *("fsopen", "fsconfig", "fsmount", "fspick"),
    # Keyrings, which all sandboxes of a user share.
    *("add_key", "request_key", "keyctl"),
    # The memory and the events of other processes, and parts of the system with many calls inside.
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open", "bpf"),
    *("fanotify_init", "name_to_handle_at", "open_by_handle_at", "kexec_load", "init_module", "finit_module", "syslog"),
)
# Sockets of other kinds. Those for the list of network interfaces stay: ZeroMQ ends the process without it.
AF_UNIX, AF_NETLINK = 1, 16
# In <sched.h>: the flags of clone() for new namespaces.
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
PR_GET_SECCOMP = 21


@functools.cache
def syscall_filter():
    """Return the filter as a program of the system (BPF), in bytes; None where the system or libseccomp has no filters.

    A forbidden call fails with EPERM. Only local sockets can be made: networks fail with EAFNOSUPPORT, as in a system
    without them. Calls of another architecture, which have other numbers, end the process.
    """
    if pyseccomp is None or ctypes.CDLL(None).prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return None
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in filter(_is_known, FORBIDDEN):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    for flag in NEW_NAMESPACES:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    if _is_known("clone3"):  # a filter cannot read its flags; the C library then uses clone
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    others = [pyseccomp.Arg(0, pyseccomp.EQ, family) for family in range(AF_UNIX + 1, AF_NETLINK)]
    for family in [*others, pyseccomp.Arg(0, pyseccomp.GT, AF_NETLINK)]:
        rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), "socket", family)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _is_known(name):
    """True if libseccomp knows this call and this processor has it."""
    try:
        return pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0
    except (OSError, ValueError):
        return False
