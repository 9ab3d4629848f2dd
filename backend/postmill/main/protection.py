"""What a server or worker does to itself before anything else.

Started as root it enters a user namespace and gives up every capability there: the launcher alone keeps privilege.
Then it makes itself non-dumpable, so that no process of the same user reads its memory or its environment.
"""

import ctypes
import logging
import os
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION_3 = 0x20080522
# Inside, root's files belong to this uid. Not 0: a process without capabilities could not make the namespaces of
# its jobs, because the kernel lets a map name the outer uid 0 only to who holds CAP_SETFCAP.
INNER_ID = 65534

_libc = ctypes.CDLL(None, use_errno=True)
_log = logging.getLogger(__name__)


def protect() -> None:
    """Give up privilege and close this process to others; called while it has a single thread."""
    if os.geteuid() == 0:
        try:
            _enter_user_namespace()
        except OSError as error:
            # Containers often forbid namespaces: the process then gives up its capabilities where it is.
            _log.warning("no user namespace for this process: %s", error)
        _drop_capabilities()
    _prctl(PR_SET_DUMPABLE, 0)


def _enter_user_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    # The maps of a non-dumpable process belong to the real root and could not be written.
    _prctl(PR_SET_DUMPABLE, 1)
    if _libc.unshare(CLONE_NEWUSER) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INNER_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INNER_ID} {gid} 1")


def _drop_capabilities() -> None:
    """Empty the bounding set first, so that no program that is executed later gets anything back."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, nothing) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"capabilities cannot be given up: {os.strerror(error)}")
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
