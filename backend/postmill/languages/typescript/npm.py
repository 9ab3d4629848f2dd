"""How packages come from the npm registry: what bun is asked, where it looks, and with whose credentials."""

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from postmill.languages.credentials import TOKEN_MARK, secrets_of
from postmill.languages.file_locks import in_shared_use
from postmill.languages.protocol import InstallFailed, LockFailed, LogSink, Registries
from postmill.languages.tool import (
    CapturedOutput,
    RunTool,
    ToolCall,
    ToolEnd,
    certificate_paths,
    machine_network,
)
from postmill.languages.typescript import programs
from postmill.languages.typescript.lock_text import Lock, checked_resolution

RESOLVE_SECONDS = 300.0
INSTALL_SECONDS = 900.0
_MACHINE_VARIABLES = (
    "NPM_CONFIG_REGISTRY",
    "npm_config_registry",
    "BUN_CONFIG_REGISTRY",
    "NODE_EXTRA_CA_CERTS",
)
# No code of a package runs: what a script imports is data until it is imported.
_QUIET = ("--ignore-scripts", "--no-progress", "--no-summary")


class Npm:
    """Resolves and installs with ``bun install``, contained like any tool."""

    def __init__(self, cache_dir: Path, cache_lock: Path, run_tool: RunTool) -> None:
        """``cache_dir`` holds what was downloaded; folders to fill lie beside it: hard links do not cross mounts."""
        self._cache_dir = cache_dir
        self._cache_lock = cache_lock
        self._run_tool = run_tool

    async def resolve(
        self, folder: Path, manifest: Mapping[str, Any], registries: Registries, log: LogSink
    ) -> str:
        """The bun.lock of a package.json, against the registry as it is now. ``folder`` is empty and ours.

        Raises LockFailed with the words of bun.
        """
        _write(folder, manifest, registries)
        arguments = ("install", "--lockfile-only", "--save-text-lockfile", "--no-cache", *_QUIET)
        end, output = await self._bun(folder, folder, arguments, RESOLVE_SECONDS, log, secrets_of(registries))
        target = folder / "bun.lock"
        if end.timed_out:
            raise LockFailed(f"Resolving the packages took longer than {RESOLVE_SECONDS:.0f} seconds.")
        if end.exit_code != 0 or not target.exists():
            raise LockFailed(f"The packages cannot be resolved:\n{output}")
        try:
            return checked_resolution(target.read_text())
        except InstallFailed as error:
            raise LockFailed(str(error)) from None

    async def install(self, folder: Path, lock: Lock, registries: Registries, log: LogSink) -> None:
        """Puts the packages of a lock into ``site/node_modules`` below the folder. Raises InstallFailed."""
        site = folder / "site"
        site.mkdir()
        _write(site, lock.manifest, registries)
        if lock.resolved:
            (site / "bun.lock").write_text(lock.resolved)
        elif lock.binary:
            (site / "bun.lockb").write_bytes(lock.binary)
        frozen = ("--frozen-lockfile",) if lock.resolved else ()
        arguments = ("install", *frozen, "--production", "--linker=hoisted", *_QUIET)
        end, output = await self._bun(
            site, folder.parent, arguments, INSTALL_SECONDS, log, secrets_of(registries)
        )
        if end.timed_out:
            raise InstallFailed(f"Installing the packages took longer than {INSTALL_SECONDS:.0f} seconds.")
        if end.exit_code != 0:
            raise InstallFailed(f"The locked packages cannot be installed:\n{output}")
        (site / ".npmrc").unlink()
        (site / "node_modules").mkdir(exist_ok=True)

    async def _bun(
        self,
        folder: Path,
        writable: Path,
        arguments: tuple[str, ...],
        seconds: float,
        log: LogSink,
        secrets: tuple[str, ...],
    ) -> tuple[ToolEnd, str]:
        bun = programs.bun()
        output = CapturedOutput(secrets=secrets)
        with in_shared_use(self._cache_lock):
            end = await self._run_tool(
                ToolCall(
                    argv=(str(bun), *arguments),
                    env=self._environment(folder),
                    cwd=folder,
                    readable=(bun, *certificates()),
                    writable=(writable,)
                    if self._cache_dir.is_relative_to(writable)
                    else (writable, self._cache_dir),
                    log=output,
                    timeout_seconds=seconds,
                )
            )
        text = output.text()
        if text:
            log.write(f"{text}\n".encode())
        return end, text

    def _environment(self, folder: Path) -> dict[str, str]:
        machine = {name: os.environ[name] for name in _MACHINE_VARIABLES if name in os.environ}
        network = machine_network()
        if "SSL_CERT_FILE" in network:
            machine.setdefault("NODE_EXTRA_CA_CERTS", network["SSL_CERT_FILE"])
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
            "BUN_INSTALL_CACHE_DIR": str(self._cache_dir),
            "DO_NOT_TRACK": "1",
            "NO_COLOR": "1",
            **network,
            **machine,
        }


def certificates() -> tuple[Path, ...]:
    """Files that a contained tool must see to trust what this machine trusts."""
    extra = os.environ.get("NODE_EXTRA_CA_CERTS")
    return (*certificate_paths(), *((Path(extra),) if extra and Path(extra).exists() else ()))


def _write(folder: Path, manifest: Mapping[str, Any], registries: Registries) -> None:
    (folder / "package.json").write_text(json.dumps(manifest, indent=2))
    settings = folder / ".npmrc"
    settings.touch(mode=0o600)
    settings.write_text(npmrc(registries))


def npmrc(registries: Registries) -> str:
    """The settings with which bun finds the configured registries, credentials included."""
    lines: list[str] = []
    if registries.npm_registry_url:
        lines += _registry("registry", registries.npm_registry_url)
    for scope in registries.npm_scopes:
        name, _, address = scope.partition("=")
        lines += _registry(f"{name}:registry", address)
    return "".join(f"{line}\n" for line in lines)


def without_credentials(registries: Registries) -> str:
    """The same settings for who only looks up what is installed already."""
    return "".join(f"{line}\n" for line in npmrc(registries).splitlines() if not line.startswith("//"))


def _registry(key: str, address: str) -> list[str]:
    """``https://host/path/:_authToken=TOKEN`` and ``https://user:password@host/path`` as npm's settings."""
    address, _, token = address.partition(TOKEN_MARK)
    parts = urlsplit(address)
    host = parts.hostname or ""
    place = f"//{host}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}/"
    lines = [f"{key}={parts.scheme}:{place}"]
    if token:
        lines.append(f"{place}:_authToken={token}")
    elif parts.username is not None:
        password = base64.b64encode(unquote(parts.password or "").encode()).decode()
        lines += [f"{place}:username={unquote(parts.username)}", f"{place}:_password={password}"]
    return lines
