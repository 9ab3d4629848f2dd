"""Types of npm packages for TypeScript in the editor: those that the script's own locked install brings."""

import asyncio
import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, PostmillError, Unavailable
from postmill.language_help.declarations import declarations, types_package
from postmill.language_help.lock_jobs import Key, LockJobs, Unlockable
from postmill.language_help.readable import ReadableSet, readable_scripts
from postmill.language_help.shell_check import ToolPlace
from postmill.languages.imports import TooManyImports
from postmill.languages.protocol import InstallFailed, Registries
from postmill.languages.tool import CapturedOutput, ToolCall
from postmill.languages.typescript import programs
from postmill.languages.typescript.deno_program import DenoProgram
from postmill.languages.typescript.packages import NpmPackages
from postmill.languages.typescript.scripts import read_closure
from postmill.model.run_options import RawScript
from postmill.model.subject import Subject
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_imports import needed_modules
from postmill.signatures.typescript_packages import (
    InvalidPackages,
    PackageImport,
    imported_packages,
    needed_packages,
    package_import,
)
from postmill.tables.items import script as scripts
from postmill.tables.workspaces import workspace_dependency

TYPESCRIPT = ("bun", "deno", "nativets", "bunnative")
MOST_UNTYPED = 20
DENO_SECONDS = 60.0
_IMPORT = re.compile(
    r"""(?:^|[;\n])\s*(?:import|export)\b[^;'"]*?["']([^'"\n]{1,300})["']|\bimport\(\s*["']([^'"\n]{1,300})["']"""
)


@dataclass(frozen=True)
class NpmPlace:
    """Where packages are installed for the editor, with the walls of any tool."""

    packages: NpmPackages
    registries: Registries
    tools: ToolPlace
    deno: DenoProgram


@dataclass
class PackageTypes:
    """``files`` by name below ``node_modules``; ``modules`` says for specifiers with a version or ``npm:`` what they
    mean there. ``packages`` counts those that the code imports; ``untyped`` of them bring no types, ``left_out`` are
    too large. ``digest`` names the whole."""

    digest: str = ""
    files: dict[str, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    packages: int = 0
    untyped: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class NpmTypes:
    """``place`` is made ready when it is first asked for; it raises Unavailable where nothing can be isolated."""

    def __init__(self, pool: Pool, jobs: LockJobs, place: Any) -> None:
        self._pool = pool
        self._jobs = jobs
        self._place = place
        self._of_deno: str | None = None

    async def of_script(
        self, subject: Subject, workspace: str, path: str, code: str, language: str
    ) -> PackageTypes:
        """What the code, and the scripts that it imports and the caller may read, need to be checked.

        Raises Unlockable or InstallFailed with the resolver's or installer's words, Unavailable.
        """
        readable = await readable_scripts(self._pool, subject, workspace, TYPESCRIPT)
        code = _parsable(code)
        try:
            closure = await self._closure(readable, path, code)
            imports = _imports(closure.values())
            if not imports:
                return PackageTypes()
            lock = await self._lock(subject, readable, path, code, closure, language)
        except (InvalidPackages, TooManyImports) as error:
            raise Unlockable(str(error)) from None
        found = await self._read(lock, {one.module for one in imports.values()})
        await self._add_types_of_others(subject, workspace, found)
        found.modules = {text: one.module for text, one in imports.items() if text != one.module}
        found.packages = len({one.name for one in imports.values()})
        found.digest = _digest(found)
        return found

    async def of_runtime(self, subject: Subject, workspace: str, runtime: str) -> PackageTypes:
        """The globals and modules that ``bun`` or ``deno`` brings. Raises as ``of_script``, InvalidInput."""
        if runtime == "deno":
            found = PackageTypes(files={"@postmill/deno/index.d.ts": await self._deno_types()})
        elif runtime == "bun":
            found = await self._published(subject, workspace, "@types/bun")
        else:
            raise InvalidInput(f"There is no runtime {runtime[:40]!r}; there are bun and deno")
        found.digest = _digest(found)
        return found

    async def _closure(self, readable: ReadableSet, path: str, code: str) -> dict[str, str]:
        async def source(at: str) -> str | None:
            version = readable.versions.get(at)
            if version is None:
                return None
            return (await scripts.contents_of(self._pool, readable.workspace, [version])).get(version)

        return await read_closure(code, path, {}, source)

    async def _lock(
        self, subject: Subject, readable: ReadableSet, path: str, code: str, closure: dict[str, str], language: str
    ) -> str:  # fmt: skip
        """That of the deployed version where it needs the same, else what a lock job finds."""
        workspace = readable.workspace
        if language == "deno":
            # Its own locks serve deno's folders; the types are those of the packages that it names.
            manifest = {"dependencies": imported_packages(_npm_only(closure.values()))}
            return await self._lock_of_manifest(subject, workspace, manifest)
        files = await workspace_dependency.contents(self._pool, workspace, language)
        needed = needed_packages(list(closure.values()), files)
        key = ("npm", workspace, language, json.dumps(needed.manifest, sort_keys=True))
        known = self._jobs.known(key)
        if known is not None:
            return known
        if path in readable.versions:
            deployed = await scripts.deployed_version(self._pool, workspace, path)
            if deployed is not None and deployed.lock and deployed.language == language:
                before = await self._closure(readable, path, deployed.content)
                if needed_packages(list(before.values()), files) == needed:
                    self._jobs.keep(key, deployed.lock)
                    return deployed.lock
        return await self._jobs.find(key, subject, RawScript(content=code, language=language, path=path))

    async def _lock_of_manifest(self, subject: Subject, workspace: str, manifest: Mapping[str, Any]) -> str:
        text = json.dumps(manifest, sort_keys=True)
        key: Key = ("npm", workspace, "", text)
        return await self._jobs.find(key, subject, RawScript(content="", language="bun", requirements=text))

    async def _read(self, lock: str, modules: Iterable[str]) -> PackageTypes:
        place: NpmPlace = await self._place()
        folder = await place.packages.installed(lock, place.registries, _Unheard())
        if folder is None:
            return PackageTypes()
        async with place.packages.folders.using(folder):
            found = await asyncio.to_thread(declarations, folder.path / "node_modules", sorted(modules))
        return PackageTypes(files=found.files, untyped=found.untyped, left_out=found.left_out)

    async def _published(self, subject: Subject, workspace: str, package: str) -> PackageTypes:
        lock = await self._lock_of_manifest(subject, workspace, {"dependencies": {package: "latest"}})
        return await self._read(lock, [package])

    async def _add_types_of_others(self, subject: Subject, workspace: str, found: PackageTypes) -> None:
        """For packages without types: those that others published for them, where there are some."""
        asked = [name for name in found.untyped[:MOST_UNTYPED] if not name.startswith("@types/")]
        results = await asyncio.gather(
            *(self._published(subject, workspace, types_package(name)) for name in asked),
            return_exceptions=True,
        )
        for name, result in zip(asked, results, strict=True):
            if isinstance(result, PackageTypes):
                if result.files:
                    found.untyped.remove(name)
                found.files = {**result.files, **found.files}
            elif not isinstance(result, PostmillError | InstallFailed):
                raise result

    async def _deno_types(self) -> str:
        if self._of_deno is None:
            place: NpmPlace = await self._place()
            output = CapturedOutput(limit=8 * 1024**2)
            try:
                deno = place.deno.on_this_machine()
                with tempfile.TemporaryDirectory(prefix="deno-types-", dir=place.tools.folder) as folder:
                    end = await place.tools.run_tool(
                        ToolCall(
                            argv=(str(deno), "types"),
                            env={"HOME": folder, "DENO_DIR": folder, "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
                            cwd=Path(folder), readable=(deno,), writable=(Path(folder),), log=output,
                            timeout_seconds=DENO_SECONDS,
                        )
                    )  # fmt: skip
            except programs.ProgramMissing as error:
                # Nothing is amiss: the first run of a script for deno fetches it.
                raise InstallFailed(f"No types of deno: {error}") from None
            except ZygoteFailed as error:
                raise Unavailable(f"No types of deno: {error}") from None
            if end.exit_code != 0:
                raise Unavailable("deno did not tell its types")
            self._of_deno = output.text()
        return self._of_deno


class _Unheard:
    def write(self, data: bytes) -> None:
        """The installer's progress interests nobody here; its failure comes as an exception."""


def _parsable(code: str) -> str:
    """The code; while it cannot be read, which it mostly cannot while it is typed, its comments and imports alone."""
    try:
        needed_modules(code)
        return code
    except InvalidSignature:
        comments = [line for line in code.splitlines() if line.startswith("//")]
        modules = [found[1] or found[2] for found in _IMPORT.finditer(code)]
        return "\n".join([*comments, *(f"import {json.dumps(module)};" for module in modules), ""])


def _imports(codes: Iterable[str]) -> dict[str, PackageImport]:
    """What codes import from packages, by the specifier; addresses and unreadable code are passed over."""
    found: dict[str, PackageImport] = {}
    for code in codes:
        try:
            modules = needed_modules(code)
        except InvalidSignature:
            continue
        for module in modules:
            try:
                one = package_import(module)
            except InvalidPackages:
                continue
            if one is not None:
                found[module] = one
    return found


def _npm_only(codes: Iterable[str]) -> list[str]:
    """Code that imports the npm packages of these codes and nothing else."""
    return [f"import {json.dumps(module)};" for module in _imports(codes)]


def _digest(found: PackageTypes) -> str:
    parts = [f"{name}\0{text}" for name, text in sorted(found.files.items())]
    parts += [json.dumps(found.modules, sort_keys=True)]
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
