"""As whom PostgreSQL runs. It refuses root, so a root launcher gives it another identity.

The first choice is a user namespace in which the uid 65534 stands for the launcher's own: the data directory stays
the launcher's, closed to everybody else. Where namespaces are blocked it runs as the user ``nobody``, who then owns
the data directory. Launched by a plain user, PostgreSQL runs as that user.
"""

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from postmill.kernel.errors import PostmillError

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class NoIdentity(PostmillError):
    """PostgreSQL refuses to run as root, and neither a user namespace nor the user nobody can start it here."""


@dataclass(frozen=True)
class PostgresIdentity:
    """``prepare`` runs in the child between fork and exec; ``owner`` is whose files the data directory holds."""

    name: str
    owner: int
    prepare: Callable[[], None]

    @property
    def is_stranger(self) -> bool:
        """Whether it is another user than the launcher, to whom the launcher's folders are closed."""
        return self.owner != os.geteuid()


def choose_identity(postgres: Path) -> PostgresIdentity:
    """The first identity under which the program really starts; raises NoIdentity when none does."""
    launcher = os.getpid()
    if os.geteuid() != 0:
        return PostgresIdentity("self", os.geteuid(), lambda: _die_with(launcher))
    candidates = (
        PostgresIdentity("namespace", 0, lambda: _enter_namespace(launcher)),
        PostgresIdentity("nobody", NOBODY, lambda: _become_nobody(launcher)),
    )
    for identity in candidates:
        if _starts(postgres, identity):
            return identity
    raise NoIdentity


def give_to(folder: Path, owner: int) -> None:
    """Make a directory tree belong to a user; needed when the identity is another than at the last start."""
    if os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == owner:
        return
    for place, _, names in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in names)):
            shutil.chown(path, owner, owner)


def _starts(postgres: Path, identity: PostgresIdentity) -> bool:
    try:
        done = subprocess.run(
            [postgres, "--version"],
            preexec_fn=identity.prepare,
            cwd="/",
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _enter_namespace(launcher: int) -> None:
    outer_uid, outer_gid = os.getuid(), os.getgid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "a user namespace is refused")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NOBODY} {outer_uid} 1")
    _write("/proc/self/gid_map", f"{NOBODY} {outer_gid} 1")
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _die_with(launcher)


def _become_nobody(launcher: int) -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _die_with(launcher)


def _die_with(launcher: int) -> None:
    """Have the kernel shut PostgreSQL down when its launcher goes, however it goes.

    Comes after every change of the uid, because such a change clears it. The launcher may be gone already.
    """
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != launcher:
        os._exit(1)
    os.setsid()


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
