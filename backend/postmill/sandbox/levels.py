"""Which isolation this machine offers, found out by starting a real child at each level.

The level ``uid`` (a user of its own for each slot) does not exist here: it would need privilege that neither
worker nor server keeps. A machine offers ``sandbox`` or nothing; nothing must be asked for.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from postmill.sandbox.inside import calls, landlock
from postmill.sandbox.memory import Watcher
from postmill.sandbox.process import first_child
from postmill.sandbox.zygote import Zygote, ZygoteFailed, ZygoteSpec

IsolationLevel = Literal["sandbox", "uid", "none"]


@dataclass(frozen=True)
class Isolation:
    """The level in force, and in ``reasons`` what was found, one sentence each."""

    level: IsolationLevel
    reasons: tuple[str, ...] = ()
    network_namespaces: bool = False
    landlock: int = 0
    memory: str = "watch"


class IsolationUnavailable(Exception):
    """Jobs cannot be isolated here, and running them without isolation was not asked for."""


async def probe(
    spares: Path, *, allow_none: bool = False, insist_on_none: bool = False, network: bool = True
) -> Isolation:
    """The best level that works. ``insist_on_none`` (which needs ``allow_none``) does not even try.

    Raises IsolationUnavailable with the reason where ``sandbox`` fails and ``allow_none`` is not given, and where jobs
    are to be without ``network`` and cannot be.
    """
    found = await _best_level(spares, allow_none=allow_none, insist_on_none=insist_on_none)
    if network:
        return found
    if not found.network_namespaces:
        raise IsolationUnavailable(
            "jobs cannot be kept off the network on this machine: that takes isolation by the sandbox, "
            f"with network namespaces ({'; '.join(found.reasons)})"
        )
    return replace(found, reasons=(*found.reasons, "jobs have no network"))


async def _best_level(spares: Path, *, allow_none: bool, insist_on_none: bool) -> Isolation:
    version = landlock.version()
    if insist_on_none and allow_none:
        return Isolation("none", ("isolation was switched off", *_remaining(version)), landlock=version)
    trouble = await _sandbox_trouble(spares, network=True)
    if trouble is None:
        without_network = await _sandbox_trouble(spares, network=False)
        reasons = ["user, pid, mount, ipc and uts namespaces work"]
        reasons.append("Landlock is in force" if version else "this kernel has no Landlock")
        if not calls.supported_machine():
            reasons.append("the system call filter is not known for this processor")
        return Isolation("sandbox", tuple(reasons), without_network is None, version)
    if allow_none:
        return Isolation("none", (f"no sandbox: {trouble}", *_remaining(version)), landlock=version)
    raise IsolationUnavailable(
        f"jobs cannot be isolated on this machine ({trouble}); allow user namespaces, or start the worker with "
        "isolation none, which lets jobs reach everything that the worker can reach"
    )


def _remaining(landlock_version: int) -> tuple[str, ...]:
    """What protects even without namespaces."""
    return ("Landlock still keeps jobs from writing outside their folders",) if landlock_version else ()


async def _sandbox_trouble(spares: Path, network: bool) -> str | None:
    """What keeps a child of the sandbox from living; None when one lived."""
    if not calls.supported_machine():
        return "this processor's system calls are not known"
    folder = Path(tempfile.mkdtemp(prefix="probe-", dir=spares))
    try:
        zygote = await Zygote.start(ZygoteSpec(spares=folder, isolated=True, network=network), Watcher())
        try:
            async with asyncio.timeout(20):
                await first_child(zygote)
            return None
        finally:
            await zygote.close()
    except (ZygoteFailed, TimeoutError, OSError) as error:
        return str(error) or type(error).__name__
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
