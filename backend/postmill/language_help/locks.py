"""The lock of code that is being written: the deployed one where it still fits, else a lock job finds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.language_help.lock_jobs import LockJobs
from postmill.language_help.readable import readable_scripts
from postmill.languages.go.lock import language_of
from postmill.languages.go.program_text import go_mod_text, lock_text, split_lock
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.python.interpreters import own_interpreter
from postmill.model.run_options import RawScript
from postmill.model.subject import Subject
from postmill.signatures.go_modules import GoModules, go_modules, imports_only
from postmill.signatures.python_requirements import InvalidRequirements, Requirements, python_requirements
from postmill.signatures.signature import InvalidSignature
from postmill.tables.items import script as scripts
from postmill.tables.workspaces import workspace_dependency

LANGUAGE = "python3"
GO = "go"

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


@dataclass
class GoLocks:
    """Locks of Go code."""

    pool: Pool
    jobs: LockJobs

    async def find(
        self, subject: Subject, workspace: str, path: str, code: str, toolchain: Toolchain
    ) -> str | None:
        """The lock; None while the code cannot be read. Raises Unlockable with the resolver's words."""
        needed = _modules(code)
        if needed is None:
            return None
        if not needed.any:
            return lock_text(go_mod_text(language_of(needed, toolchain)), "")
        key = (GO, workspace, json.encode_text(needed))
        known = self.jobs.known(key)
        if known is not None:
            return known
        lock = await self._deployed(subject, workspace, path, needed)
        if lock is None:
            script = RawScript(content=imports_only(needed), language=GO, path=path)
            return await self.jobs.find(key, subject, script)
        self.jobs.keep(key, lock)
        return lock

    async def _deployed(self, subject: Subject, workspace: str, path: str, needed: GoModules) -> str | None:
        """The lock of the deployed version, where that one needs the same and the caller may see it."""
        readable = await readable_scripts(self.pool, subject, workspace, (GO,))
        deployed = await scripts.deployed_version(self.pool, workspace, path)
        if deployed is None or readable.versions.get(path) != deployed.hash:
            return None
        lock = deployed.lock or ""
        # A lock that came from elsewhere without sums brings nothing that could be trusted.
        return lock if _modules(deployed.content) == needed and split_lock(lock)[1].strip() else None


def _modules(code: str) -> GoModules | None:
    try:
        return go_modules(code)
    except InvalidSignature:
        return None
