"""System calls that the standard library lacks: namespaces, mounts, capabilities, process attributes."""

import ctypes
import os

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT = 1, 2, 4, 32
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x4_0000
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38

# The numbers that differ between machines; everything newer than 2019 has one number everywhere.
_MACHINE = os.uname().machine
_NUMBERS = {
    "x86_64": {"pivot_root": 155, "capset": 126},
    "aarch64": {"pivot_root": 41, "capset": 91},
}
SYS_MOUNT_SETATTR = 442

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def supported_machine() -> bool:
    """Whether the numbers of this processor's system calls are known."""
    return _MACHINE in _NUMBERS


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def raw(number: int, what: str, *arguments: object) -> int:
    """Any system call by number; integers are passed as longs. Raises OSError that says what was tried."""
    longs = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(int(_libc.syscall(ctypes.c_long(number), *longs)), what)


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _checked(_libc.setns(descriptor, kind), "setns")


def prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    result = _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _checked(result, f"mount {source or kind} on {target}")


def bind(source: str, target: str) -> None:
    """Shows ``source`` at ``target`` with everything that is mounted below it."""
    mount(source, target, None, MS_BIND | MS_REC)


class _MountAttr(ctypes.Structure):
    _fields_ = [
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    ]


def seal(target: str, attributes: int = ATTR_RDONLY | ATTR_NOSUID, recursive: bool = True) -> None:
    """Makes a mount read-only. Kernels before 5.12 lack the recursive form and get a plain remount."""
    record = _MountAttr(attributes, 0, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    try:
        raw(
            SYS_MOUNT_SETATTR, f"mount_setattr {target}", AT_FDCWD, ctypes.c_char_p(os.fsencode(target)),
            flags, ctypes.byref(record), ctypes.sizeof(record),
        )  # fmt: skip
    except OSError as error:
        if error.errno != 38:  # ENOSYS
            raise
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | 8)
        mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | kept)


def unmount(target: str) -> None:
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def pivot_root_here() -> None:
    """Makes the current directory (a mount point) the root and lets go of the old root."""
    dot = ctypes.c_char_p(b".")
    raw(_NUMBERS[_MACHINE]["pivot_root"], "pivot_root", dot, dot)
    unmount(".")
    os.chdir("/")


def set_hostname(name: str) -> None:
    encoded = name.encode()
    _checked(_libc.sethostname(encoded, len(encoded)), "sethostname")


def map_identity(inner_uid: int, inner_gid: int, outer_uid: int, outer_gid: int) -> None:
    """Says who this process is inside the user namespace that it has just made.

    The process must be dumpable: the files of a non-dumpable one belong to root and refuse the write.
    """
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner_uid} {outer_uid} 1"),
        ("gid_map", f"{inner_gid} {outer_gid} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def drop_capabilities() -> None:
    """Gives up every capability of the calling thread, for good once no_new_privs is set."""
    header = (ctypes.c_uint32 * 2)(0x2008_0522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    raw(_NUMBERS[_MACHINE]["capset"], "capset", ctypes.byref(header), ctypes.byref(nothing))


def no_new_privileges() -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1)
