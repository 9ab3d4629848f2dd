"""The Python interpreters of this machine, and which of them a script runs on."""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from postmill.languages.protocol import LockFailed

OLDEST = (3, 10)
_PROBE = (
    "import json, sys, sysconfig; print(json.dumps([sys.implementation.name, list(sys.version_info[:3]), "
    "sysconfig.get_platform(), sys.base_prefix]))"
)
_PROBE_SECONDS = 10
_NAME = re.compile(r"^python3(\.\d+)?$")


@dataclass(frozen=True)
class Interpreter:
    """One CPython. ``tag`` tells apart what needs different installed files (``cp311-linux-x86_64``)."""

    path: Path
    version: tuple[int, int, int]
    platform: str
    prefix: Path

    @property
    def minor(self) -> str:
        """``3.11``."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def tag(self) -> str:
        return f"cp{self.version[0]}{self.version[1]}-{self.platform}"


def own_interpreter() -> Interpreter:
    """The interpreter that runs this process, outside its virtual environment."""
    import sysconfig

    prefix = Path(sys.base_prefix)
    named = prefix / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    path = named if named.exists() else Path(getattr(sys, "_base_executable", sys.executable))
    version = (sys.version_info[0], sys.version_info[1], sys.version_info[2])
    return Interpreter(path, version, sysconfig.get_platform(), prefix)


class Interpreters:
    """Finds interpreters once, when a script asks for another than the worker's own."""

    def __init__(self, search_path: str | None = None) -> None:
        """``search_path`` stands in for the variable PATH."""
        self._search_path = os.environ.get("PATH", "") if search_path is None else search_path
        self._found: tuple[Interpreter, ...] | None = None
        self._finding = asyncio.Lock()
        self.default = own_interpreter()

    async def found(self) -> tuple[Interpreter, ...]:
        """One interpreter a minor version, the worker's own first, then the newest first."""
        async with self._finding:
            if self._found is None:
                self._found = await self._find()
        return self._found

    async def choose(self, specifiers: Iterable[str] = (), newest: bool = False) -> Interpreter:
        """The interpreter that satisfies all version specifiers: the worker's own if it does, else the newest.

        Raises LockFailed, with the versions at hand, when none does.
        """
        wanted = _specifier_set(specifiers)
        if not newest and wanted.contains(_text(self.default), prereleases=True):
            return self.default
        found = await self.found()
        fitting = [i for i in found if wanted.contains(_text(i), prereleases=True)]
        if not fitting:
            raise LockFailed(
                f"No Python on this worker satisfies {wanted}. Found: {', '.join(map(_text, found))}."
            )
        return max(fitting, key=lambda interpreter: interpreter.version)

    async def of_minor(self, minor: tuple[int, int]) -> Interpreter:
        """The interpreter of a lock; raises LockFailed, with the versions at hand, when there is none."""
        if minor == self.default.version[:2]:
            return self.default
        return await self.choose([f"=={minor[0]}.{minor[1]}.*"])

    async def _find(self) -> tuple[Interpreter, ...]:
        by_minor = {self.default.version[:2]: self.default}
        for found in await asyncio.gather(*map(_probe, self._candidates())):
            if found and found.version[:2] >= OLDEST:
                by_minor.setdefault(found.version[:2], found)
        others = sorted(by_minor.values(), key=lambda i: i.version, reverse=True)
        return (self.default, *(i for i in others if i is not self.default))

    def _candidates(self) -> list[Path]:
        """Executables named like Python 3 on the search path; behind pyenv's stand-ins its real ones."""
        folders: list[Path] = []
        for entry in filter(None, self._search_path.split(os.pathsep)):
            folder = Path(entry)
            if folder.name == "shims" and (folder.parent / "versions").is_dir():
                folders += sorted(folder.parent.glob("versions/*/bin"), reverse=True)
            else:
                folders.append(folder)
        found: dict[Path, Path] = {}
        for folder in folders:
            with contextlib.suppress(OSError):
                for path in sorted(folder.iterdir()):
                    if _NAME.match(path.name) and os.access(path, os.X_OK):
                        found.setdefault(path.resolve(), path)
        return list(found)


async def _probe(path: Path) -> Interpreter | None:
    """What an executable says about itself, None when it is no working CPython."""
    try:
        process = await asyncio.create_subprocess_exec(
            str(path), "-I", "-S", "-c", _PROBE,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env={"PATH": os.defpath},
        )  # fmt: skip
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PROBE_SECONDS)
        implementation, version, platform, prefix = json.loads(output)
    except (TimeoutError, ValueError, TypeError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return None
    if process.returncode or implementation != "cpython":
        return None
    return Interpreter(path, (version[0], version[1], version[2]), platform, Path(prefix))


def _specifier_set(specifiers: Iterable[str]) -> SpecifierSet:
    text = ",".join(specifiers)
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        raise LockFailed(f"{text!r} is not a Python version specifier such as >=3.11,<3.13") from None


def _text(interpreter: Interpreter) -> str:
    return ".".join(map(str, interpreter.version))
