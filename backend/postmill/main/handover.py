"""What `up` gives to the processes it starts: the settings, secrets included, through an inherited pipe.

Neither the command line nor the environment of a child holds a secret, and a child that never gets its settings
(because `up` is gone) ends at once.
"""

import ctypes
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import msgspec

from postmill.kernel.settings import PREFIX, Settings

DESCRIPTOR = PREFIX + "HANDOVER_FD"
REPORT_DESCRIPTOR = PREFIX + "REPORT_FD"
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Handover:
    """Everything a server or a worker under `up` starts with."""

    settings: Settings
    launcher: int
    """The process id of `up`."""
    listener: int | None = None
    """The descriptor of the socket that already listens; for the server."""
    next_door: int | None = None
    """The descriptor of the socket between server and worker."""
    pulse: int | None = None
    """The descriptor to give signs of life on."""


CANNOT_WORK_STATUS = 78
"""The exit status of a child that will not start on this machine however often it is tried (EX_CONFIG)."""

RESTART_STATUS = 75
"""The exit status of a child that was asked to start anew (EX_TEMPFAIL)."""


class Report(msgspec.Struct, frozen=True):
    """What a child says to `up` once it does its work, or knows that it never will."""

    admin_email: str | None = None
    admin_password: str | None = None
    """Only when this start made the first administrator with a generated password."""
    trouble: str | None = None
    """Why the child cannot do its work here, and what to do; it ends with ``CANNOT_WORK_STATUS``."""


def encode(handover: Handover) -> bytes:
    return msgspec.json.encode(handover, enc_hook=str)


def decode(data: bytes) -> Handover:
    return msgspec.json.decode(data, type=Handover, dec_hook=_decode_path)


def receive() -> Handover:
    """Wait for the settings; ends this process when the launcher is gone.

    From here on the kernel kills this process when the launcher ends. Called after every change of identity, because
    such a change clears that wish.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if REPORT_DESCRIPTOR in os.environ:
        # What this process starts must not keep the pipe open: its end tells the launcher that this process ended.
        os.set_inheritable(int(os.environ[REPORT_DESCRIPTOR]), False)
    with os.fdopen(int(os.environ.pop(DESCRIPTOR)), "rb") as pipe:
        data = pipe.read()
    if not data:
        raise SystemExit(1)
    handover = decode(data)
    if os.getppid() != handover.launcher:
        raise SystemExit(1)
    for descriptor in (handover.next_door, handover.pulse):
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
    return handover


def report(message: Report) -> None:
    """Tell the launcher, if there is one and it still listens, how the start of this process went."""
    text = os.environ.pop(REPORT_DESCRIPTOR, None)
    if text is None:
        return
    with suppress(BrokenPipeError), os.fdopen(int(text), "wb") as pipe:
        pipe.write(msgspec.json.encode(message))


def environment_for_child(environ: dict[str, str]) -> dict[str, str]:
    """The environment without the settings, which travel by the pipe."""
    settings = {PREFIX + item.name.upper() for item in fields(Settings)}
    return {name: value for name, value in environ.items() if name not in settings}


def _decode_path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)
