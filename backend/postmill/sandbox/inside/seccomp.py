"""System calls that no job needs and that attackers of kernels love: refused by a small filter.

The filter is classic BPF, assembled here: a wrong architecture kills, a listed call is refused with EPERM,
``clone`` is looked into for namespace flags, ``clone3`` does not exist (the C library then uses ``clone``,
whose flags a filter can read).
"""

import ctypes
import os
import struct

_NAMESPACES = 0x7E02_0080  # every CLONE_NEW* flag, the time namespace included
_AF_ALG, _AF_VSOCK, _AF_PACKET = 38, 40, 17

# name: (x86_64, aarch64); None where the machine never had the call
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None), "ioperm": (173, None),
    "init_module": (175, 105), "delete_module": (176, 106), "finit_module": (313, 273), "quotactl": (179, 60),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272), "acct": (163, 89),
    "settimeofday": (164, 170), "adjtimex": (159, 171), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "syslog": (103, 116), "vhangup": (153, 58),
    "fanotify_init": (300, 262), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42), "personality": (135, 92),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "mount_setattr": (442, 442), "quotactl_fd": (443, 443), "memfd_secret": (447, None), "mq_open": (240, 180),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
}  # fmt: skip

# Calls that act on a process given by its number: refused for number 1, the init that outlives the job.
# name: (x86_64, aarch64, which argument holds the number)
_REFUSED_FOR_INIT: dict[str, tuple[int, int, int]] = {
    "prlimit64": (302, 261, 0), "sched_setaffinity": (203, 122, 0), "sched_setscheduler": (144, 119, 0),
    "sched_setparam": (142, 118, 0), "sched_setattr": (314, 274, 0), "setpriority": (141, 140, 1),
    "ioprio_set": (251, 30, 1),
}  # fmt: skip
# Of those, the ones that can mean "all processes of a user": (number column as above, the value that means it)
_ALL_OF_A_USER = {"setpriority": 2, "ioprio_set": 3}

_MACHINES = {"x86_64": (0, 0xC000_003E, 56, 41), "aarch64": (1, 0xC000_00B7, 220, 198)}
_CLONE3 = 435

_ALLOW, _KILL = 0x7FFF_0000, 0x8000_0000
_EPERM, _ENOSYS = 0x0005_0001, 0x0005_0026
_LOAD, _EQUAL, _GREATER_EQUAL, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def program(machine: str | None = None) -> bytes | None:
    """The filter's instructions, or None on a processor whose numbers are not known here."""
    known = _MACHINES.get(machine or os.uname().machine)
    if known is None:
        return None
    column, architecture, clone, socket = known
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if column == 0:  # the x32 calls of x86_64 begin here: another table of numbers, never needed
        steps += [_step(_GREATER_EQUAL, 0x4000_0000, 0, 1), _step(_RETURN, _EPERM)]
    steps += [_step(_EQUAL, _CLONE3, 0, 1), _step(_RETURN, _ENOSYS)]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _EPERM)]
    for name, call in _REFUSED_FOR_INIT.items():
        steps += _refused_for_init(call[column], call[2], _ALL_OF_A_USER.get(name))
    steps += [
        _step(_EQUAL, clone, 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_AND, _NAMESPACES),
        _step(_EQUAL, 0, 1, 0),
        _step(_RETURN, _EPERM),
        _step(_LOAD, _NUMBER),
        _step(_EQUAL, socket, 0, 5),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_EQUAL, _AF_ALG, 2, 0),
        _step(_EQUAL, _AF_VSOCK, 1, 0),
        _step(_EQUAL, _AF_PACKET, 0, 1),
        _step(_RETURN, _EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _refused_for_init(number: int, argument: int, all_of_a_user: int | None) -> list[bytes]:
    looks = [_step(_LOAD, _FIRST_ARGUMENT + 8 * argument), _step(_EQUAL, 1, 0, 1), _step(_RETURN, _EPERM)]
    if all_of_a_user is not None:
        looks += [_step(_LOAD, _FIRST_ARGUMENT), _step(_EQUAL, all_of_a_user, 0, 1), _step(_RETURN, _EPERM)]
    looks.append(_step(_LOAD, _NUMBER))
    return [_step(_EQUAL, number, 0, len(looks)), *looks]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


class Filter:
    """A filter that is assembled once and can then be installed by every fork in one call."""

    def __init__(self) -> None:
        steps = program()
        self.available = steps is not None
        self._steps = ctypes.create_string_buffer(steps or b"", len(steps or b""))
        self._record = _Program(len(steps or b"") // 8, ctypes.addressof(self._steps))
        self._libc = ctypes.CDLL(None, use_errno=True)

    def install(self) -> None:
        """From here on this process and its children obey; no_new_privs must be set. Raises OSError."""
        if not self.available:
            return
        result = self._libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(self._record), 0, 0)
        if result != 0:
            code = ctypes.get_errno()
            raise OSError(code, f"seccomp: {os.strerror(code)}")
