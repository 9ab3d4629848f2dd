"""Locks found by jobs, as a deploy finds them: each search runs once, and what it found or refused is kept."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.kernel.ids import new_job_id
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.model.run_options import RawScript, RunOptions
from postmill.model.subject import Subject

LOCK_SECONDS = 180.0
MOST_KEPT = 500
REFUSED_SECONDS = 60.0
"""How long a refusal is believed: the registry may have been away."""

Key = tuple[str, ...]


class Unlockable(PostmillError):
    """The packages of this code cannot be resolved."""


class _Result(msgspec.Struct):
    lock: str = ""
    error: dict[str, object] = {}


@dataclass
class LockJobs:
    """Keys name a workspace and everything that the lock depends on."""

    launcher: Launcher
    waiters: Waiters
    _found: OrderedDict[Key, str] = field(default_factory=OrderedDict)
    _finding: dict[Key, asyncio.Task[str]] = field(default_factory=dict)
    _refused: dict[Key, tuple[float, str]] = field(default_factory=dict)

    def known(self, key: Key) -> str | None:
        if key in self._found:
            self._found.move_to_end(key)
        return self._found.get(key)

    def keep(self, key: Key, lock: str) -> None:
        self._found[key] = lock
        if len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)

    async def find(self, key: Key, subject: Subject, script: RawScript) -> str:
        """The lock. Raises Unlockable with the resolver's words."""
        known = self.known(key)
        if known is not None:
            return known
        until, words = self._refused.get(key, (0.0, ""))
        if time.monotonic() < until:
            raise Unlockable(words)
        task = self._finding.get(key)
        if task is None:
            task = self._finding[key] = asyncio.create_task(self._search(key, subject, script))
            task.add_done_callback(lambda done: self._searched(key, done))
        return await asyncio.shield(task)

    def _searched(self, key: Key, task: asyncio.Task[str]) -> None:
        self._finding.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen here too: every caller may have gone away

    async def _search(self, key: Key, subject: Subject, script: RawScript) -> str:
        job_id = new_job_id()
        options = RunOptions(job_id=job_id, reply_channel=self.waiters.channel)
        with self.waiters.expecting(job_id) as waiting:
            await self.launcher.run_dependencies(subject, script, options)
            completed = await waiting.wait(LOCK_SECONDS)
        if completed is None:
            raise Unlockable(f"No worker resolved the packages within {LOCK_SECONDS:.0f} seconds")
        result = json.decode_as(completed.result or "{}", _Result)
        if completed.status != "success":
            words = str(result.error.get("message") or "The packages could not be resolved")
            self._refused[key] = (time.monotonic() + REFUSED_SECONDS, words)
            if len(self._refused) > MOST_KEPT:
                self._refused.pop(next(iter(self._refused)))
            raise Unlockable(words)
        self.keep(key, result.lock)
        return result.lock
