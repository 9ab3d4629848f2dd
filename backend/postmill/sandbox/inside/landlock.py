"""A second wall inside the kernel: which files may be written, and no reach to foreign abstract sockets.

The mount namespace already shows a job only what it may see. Landlock repeats the rule for writing, and adds
one that namespaces leave open while the network is shared: abstract Unix sockets and signals outwards.
"""

import ctypes
import os

from postmill.sandbox.inside import calls

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_WRITE_FILE = 1 << 1
_MAKE_AND_REMOVE = 0b1_1111_1111 << 4  # remove dir and file, make char, dir, reg, sock, fifo, block, sym
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_SCOPE_ABSTRACT_UNIX, _SCOPE_SIGNAL = 1, 2


class _Ruleset(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """The kernel's Landlock version; 0 where it has none or it is switched off."""
    try:
        return calls.raw(_CREATE, "landlock", None, 0, 1)
    except OSError:
        return 0


def restrict(writable: tuple[str, ...], abi: int) -> None:
    """Lets this process and its children change files only below the given directories. Raises OSError."""
    handled = _WRITE_FILE | _MAKE_AND_REMOVE
    if abi >= 2:
        handled |= _REFER
    if abi >= 3:
        handled |= _TRUNCATE
    ruleset = _Ruleset(handled, 0, (_SCOPE_ABSTRACT_UNIX | _SCOPE_SIGNAL) if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = calls.raw(_CREATE, "landlock", ctypes.byref(ruleset), size, 0)
    try:
        for directory in writable:
            _allow_beneath(rules, directory, handled)
        _allow_beneath(rules, "/dev", _WRITE_FILE | (handled & _TRUNCATE))
        calls.raw(_RESTRICT, "landlock", rules, 0)
    finally:
        os.close(rules)


def _allow_beneath(rules: int, directory: str, access: int) -> None:
    parent = os.open(directory, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(access, parent)
        calls.raw(_ADD_RULE, f"landlock {directory}", rules, 1, ctypes.byref(rule), 0)
    finally:
        os.close(parent)
