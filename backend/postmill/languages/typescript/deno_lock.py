"""Locks of deno scripts: ``deno.lock`` as deno writes it, and the folder of packages that belongs to one."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from postmill.languages.credentials import secrets_of
from postmill.languages.environment_store import EnvironmentStore
from postmill.languages.imports import TooManyImports
from postmill.languages.installed import InstalledFolder, InstalledFolders
from postmill.languages.protocol import InstallFailed, LockFailed, LockRequest, LogSink, Registries
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall, machine_network
from postmill.languages.typescript.deno_program import DenoProgram
from postmill.languages.typescript.lock_text import EMPTY_DENO_LOCK
from postmill.languages.typescript.npm import certificates, npmrc, without_credentials
from postmill.languages.typescript.programs import ProgramMissing
from postmill.languages.typescript.scripts import Program, program_of, read_closure, relative_file
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.typescript_imports import is_script
from postmill.signatures.typescript_packages import InvalidPackages, is_built_in, package_import

SECONDS = 300.0
_LISTED = re.compile(r"(?:npm|jsr):[\w@/.~^*<>=|+ -]+", re.ASCII)
_OPTIONS = ("--no-config", "--no-check", "--quiet")


def deno_names(module: str, importer: str) -> str | None:
    """Scripts as relative files, bare names as what deno calls them."""
    if is_script(module):
        return relative_file(module, importer)
    if module.startswith(("npm:", "jsr:", "http:", "https:", "node:")):
        return None
    if is_built_in(module):
        return f"node:{module}"
    try:
        found = package_import(module)
    except InvalidPackages:
        return None  # whoever loads it tells
    if found is None:
        return None
    return f"npm:{found.name}{f'@{found.version}' if found.version else ''}{found.inner}"


class DenoPackages:
    """Resolves with deno, and keeps what it downloads in one folder for each lock."""

    def __init__(self, cache_dir: Path, run_tool: RunTool, shared: SharedCache | None = None) -> None:
        self.program = DenoProgram(cache_dir, run_tool)
        self._store = EnvironmentStore(cache_dir / "deno")
        self.folders = InstalledFolders(self._store, kind="deno", shared=shared)
        self._run_tool = run_tool

    async def lock(self, request: LockRequest) -> str:
        """The text of the lock. Raises LockFailed with the words of deno."""
        try:
            closure = await read_closure(request.code, request.path, request.modules, request.sources)
            return await self._resolve(program_of(closure, deno_names), request)
        except (ProgramMissing, TooManyImports) as error:
            raise LockFailed(f"The packages cannot be resolved: {error}.") from None
        except ZygoteFailed as error:
            raise LockFailed(f"The resolver could not be started: {error}") from error

    async def _resolve(self, program: Program, request: LockRequest) -> str:
        with tempfile.TemporaryDirectory(prefix="lock-", dir=self._store.work_dir) as name:
            folder = Path(name)
            for file, text in program.files.items():
                (folder / "src" / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / "src" / file).write_text(text, encoding="utf-8", errors="replace")
            arguments = ("cache", f"--lock={folder}/deno.lock", *_OPTIONS, f"src/{program.main}")
            deno = await self.program.find(request.registries, request.log)
            code, output = await self._deno(deno, folder, folder / "cache", arguments, request.registries)
            if code != 0:
                words = output.replace(f"file://{folder}/src/", "")
                what = "code cannot be read" if "SyntaxError" in words else "packages cannot be resolved"
                raise LockFailed(f"The {what}:\n{words}")
            written = folder / "deno.lock"
            return without_addresses(written.read_text()) if written.exists() else EMPTY_DENO_LOCK

    async def installed(
        self, lock: str | None, registries: Registries, log: LogSink
    ) -> InstalledFolder | None:
        """The folder of a lock's packages, None where it holds none. Raises InstallFailed."""
        specifiers, text = _read(lock or "")
        if not specifiers:
            return None
        places = "\n".join((without_credentials(registries), text))
        digest = hashlib.sha256(places.encode()).hexdigest()[:32]

        async def fill(staging: Path) -> None:
            log.write(f"installing {len(specifiers)} packages and what they need\n".encode())
            site = staging / "site"
            site.mkdir()
            (site / "deno.lock").write_text(text)
            imports = "".join(f"import {json.dumps(name)};\n" for name in specifiers)
            (staging / "packages.ts").write_text(imports)
            arguments = ("cache", f"--lock={site}/deno.lock", "--frozen", *_OPTIONS, "packages.ts")
            deno = await self.program.find(registries, log)
            code, output = await self._deno(deno, staging, site, arguments, registries)
            if code != 0:
                raise InstallFailed(f"The locked packages cannot be installed:\n{output}")

        try:
            return await self.folders.ensure(digest, fill, log)
        except ZygoteFailed as error:
            raise InstallFailed(f"The installer could not be started: {error}") from error

    async def _deno(
        self, deno: Path, folder: Path, cache: Path, arguments: tuple[str, ...], registries: Registries
    ) -> tuple[int, str]:
        """Exit status and output of a tool run in ``folder``, which downloads into ``cache``."""
        output = CapturedOutput(secrets=secrets_of(registries))
        settings = folder / ".npmrc"
        settings.touch(mode=0o600)
        settings.write_text(npmrc(registries))
        end = await self._run_tool(
            ToolCall(
                argv=(str(deno), *arguments),
                env=_environment(folder, cache, registries),
                cwd=folder,
                readable=(deno, *certificates()),
                writable=(folder,),
                log=output,
                timeout_seconds=SECONDS,
            )
        )
        settings.unlink()
        if end.timed_out:
            return -1, f"deno took longer than {SECONDS:.0f} seconds"
        return end.exit_code, output.text()

    async def close(self) -> None:
        await self.folders.close()


def without_addresses(lock: str) -> str:
    """A lock whose npm packages name no place: where they come from is the operator's affair."""
    record = json.loads(lock)
    packages = record.get("npm")
    for entry in packages.values() if isinstance(packages, dict) else ():
        if isinstance(entry, dict):
            entry.pop("tarball", None)
    return json.dumps(record, indent=2) + "\n"


def _environment(home: Path, cache: Path, registries: Registries) -> dict[str, str]:
    network = machine_network()
    given = os.environ.get("NPM_CONFIG_REGISTRY")
    trusted = os.environ.get("NODE_EXTRA_CA_CERTS") or network.get("SSL_CERT_FILE")
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "DENO_DIR": str(cache),
        "DENO_NO_UPDATE_CHECK": "1",
        "DENO_TLS_CA_STORE": "mozilla,system",
        **network,
        **({"DENO_CERT": trusted} if trusted else {}),
        **({"NPM_CONFIG_REGISTRY": given} if given and not registries.npm_registry_url else {}),
    }


def _read(lock: str) -> tuple[list[str], str]:
    """What a lock names, and its text without header lines. Raises InstallFailed for one that cannot be read."""
    text = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("//"))
    if not text.strip():
        return [], ""
    try:
        record: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InstallFailed(f"The lock cannot be read: it is not JSON: {error}.") from None
    specifiers = record.get("specifiers", {}) if isinstance(record, dict) else None
    if not isinstance(specifiers, dict):
        raise InstallFailed("The lock cannot be read: its specifiers are not an object.")
    for name in specifiers:
        if _LISTED.fullmatch(name) is None:
            raise InstallFailed(
                f"The lock cannot be installed: {name[:200]!r} is not a package of a registry."
            )
    remote = record.get("remote", {})
    addresses = list(remote) if isinstance(remote, dict) else []
    return [*specifiers, *addresses], without_addresses(text)
