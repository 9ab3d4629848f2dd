"""The lock of code that is being written: the deployed one where it still fits, else a lock job finds it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.kernel.ids import new_job_id
from postmill.languages.python.interpreters import own_interpreter
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.model.run_options import RawScript, RunOptions
from postmill.model.subject import Subject
from postmill.signatures.python_requirements import InvalidRequirements, Requirements, python_requirements
from postmill.signatures.signature import InvalidSignature
from postmill.tables import script as scripts
from postmill.tables import workspace_dependency

LOCK_SECONDS = 180.0
MOST_KEPT = 500
LANGUAGE = "python3"

Source = Callable[[str], str | None]


class Unlockable(PostmillError):
    """The packages of this code cannot be resolved."""


class _Result(msgspec.Struct):
    lock: str = ""
    error: dict[str, object] = {}


@dataclass
class Locks:
    """Keeps what was found, by workspace and requirements. ``find`` never runs the same search twice at once."""

    pool: Pool
    launcher: Launcher
    waiters: Waiters
    _found: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)
    _finding: dict[tuple[str, str], asyncio.Task[str]] = field(default_factory=dict)

    async def find(
        self, subject: Subject, workspace: str, path: str, code: str, source: Source
    ) -> str | None:
        """The lock; None while the code cannot be read. Raises Unlockable with the resolver's words."""
        files = await workspace_dependency.contents(self.pool, workspace, LANGUAGE)
        needed = _requirements(code, path, source, files)
        if needed is None:
            return None
        if not (needed.packages or needed.python or needed.newest_python or needed.workspace_files):
            return f"# py: {own_interpreter().minor}\n"
        key = (workspace, json.encode_text([needed, sorted(files.items())]))
        if key in self._found:
            self._found.move_to_end(key)
            return self._found[key]
        lock = await self._deployed(workspace, path, needed, source, files)
        if lock is None:
            lock = await self._by_job(key, subject, path, code)
        self._found[key] = lock
        if len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)
        return lock

    async def _deployed(
        self, workspace: str, path: str, needed: Requirements, source: Source, files: Mapping[str, str]
    ) -> str | None:
        """The lock of the deployed version, where that one needs the same and the caller may see it."""
        code = source(path)
        if code is None or _requirements(code, path, source, files) != needed:
            return None
        deployed = await scripts.deployed_version(self.pool, workspace, path)
        return deployed.lock if deployed is not None and deployed.content == code else None

    async def _by_job(self, key: tuple[str, str], subject: Subject, path: str, code: str) -> str:
        task = self._finding.get(key)
        if task is None:
            task = self._finding[key] = asyncio.create_task(self._run(subject, path, code))
            task.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(task)

    def _done(self, key: tuple[str, str], task: asyncio.Task[str]) -> None:
        del self._finding[key]
        if not task.cancelled():
            task.exception()  # seen here too: every caller may have gone away

    async def _run(self, subject: Subject, path: str, code: str) -> str:
        job_id = new_job_id()
        options = RunOptions(job_id=job_id, reply_channel=self.waiters.channel)
        raw = RawScript(content=code, language=LANGUAGE, path=path)
        with self.waiters.expecting(job_id) as waiting:
            await self.launcher.run_dependencies(subject, raw, options)
            completed = await waiting.wait(LOCK_SECONDS)
        if completed is None:
            raise Unlockable(f"No worker resolved the packages within {LOCK_SECONDS:.0f} seconds")
        result = json.decode_as(completed.result or "{}", _Result)
        if completed.status != "success":
            raise Unlockable(str(result.error.get("message") or "The packages could not be resolved"))
        return result.lock


def _requirements(code: str, path: str, source: Source, files: Mapping[str, str]) -> Requirements | None:
    try:
        return python_requirements(code, path, source, files)
    except (InvalidRequirements, InvalidSignature):
        return None
