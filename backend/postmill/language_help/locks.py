"""The lock of code that is being written: the deployed one where it still fits, else a lock job finds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.language_help.lock_jobs import LockJobs
from postmill.languages.python.interpreters import own_interpreter
from postmill.model.run_options import RawScript
from postmill.model.subject import Subject
from postmill.signatures.python_requirements import InvalidRequirements, Requirements, python_requirements
from postmill.signatures.signature import InvalidSignature
from postmill.tables import script as scripts
from postmill.tables import workspace_dependency

LANGUAGE = "python3"

Source = Callable[[str], str | None]


@dataclass
class Locks:
    """Locks of Python code."""

    pool: Pool
    jobs: LockJobs

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
        key = (LANGUAGE, workspace, json.encode_text([needed, sorted(files.items())]))
        known = self.jobs.known(key)
        if known is not None:
            return known
        lock = await self._deployed(workspace, path, needed, source, files)
        if lock is None:
            return await self.jobs.find(key, subject, RawScript(content=code, language=LANGUAGE, path=path))
        self.jobs.keep(key, lock)
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


def _requirements(code: str, path: str, source: Source, files: Mapping[str, str]) -> Requirements | None:
    try:
        return python_requirements(code, path, source, files)
    except (InvalidRequirements, InvalidSignature):
        return None
