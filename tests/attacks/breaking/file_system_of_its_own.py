"""Takes 2 GiB of memory in a file system of its own, which it mounts in namespaces of its own."""

# %% first cell
import ctypes
import os

libc, held = ctypes.CDLL(None), 0
if libc.unshare(0x10000000 | 0x00020000) == 0 and libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=4g") == 0:
    for number in range(80):
        with open(f"/tmp/{number}", "wb") as file:
            held += file.write(b"x" * 25 * 2**20)
if held > 1300 * 2**20:
    print("WON", held, "bytes of memory")


def in_a_child():
    """The same by the system call clone, which makes a process in new namespaces."""
    number = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine)
    if number is None:
        return
    child = libc.syscall(number, 0x10000000 | 0x00020000 | 17, None, None, None, None)
    if child == 0:
        os._exit(42)
    if child > 0 and os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42:
        print("WON namespaces of its own")


in_a_child()
