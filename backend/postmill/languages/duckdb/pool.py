"""The zygote that DuckDB's children come from, and what they see of this machine's packages."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from postmill.kernel.json import encode
from postmill.languages.single_run import BASE_PATH, limits_record
from postmill.languages.spares import PoolKey, SparePool, SparePools
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.process import until_ended
from postmill.sandbox.zygote import ZygoteSpec

PROGRAM = "postmill.languages.duckdb.child"
EXTENSIONS = {"postgres": "postgres_scanner", "mysql": "mysql_scanner", "httpfs": "httpfs"}
_KEY = PoolKey("duckdb", ())


def duckdb_pool(pools: SparePools) -> SparePool:
    """The pool of children that have DuckDB loaded."""
    return pools.find(_KEY) or pools.open(_KEY, duckdb_spec(pools.base))


def duckdb_spec(base: ZygoteSpec) -> ZygoteSpec:
    packages = [
        _package("duckdb"),
        _package("_duckdb"),
        _metadata("duckdb"),
        *filter(None, map(extension_file, EXTENSIONS)),
    ]
    site = _package("duckdb").parent
    return replace(
        base, program=PROGRAM, preimports=(), python_path=(site,), readable=(*base.readable, *packages)
    )


def _package(name: str) -> Path:
    """Folder or file of an installed package."""
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _metadata(name: str) -> Path:
    """What an installed package says of itself, which DuckDB reads when it is imported."""
    folder = next(path for path in files(name) or () if path.name == "METADATA").locate()
    return Path(str(folder)).parent


def extension_file(kind: str) -> Path | None:
    """The extension for databases of a kind, from its package; None where that is not installed."""
    spec = find_spec(f"duckdb_extension_{EXTENSIONS[kind]}")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("extensions/*/*.duckdb_extension"), None)


async def converse(
    child: Child, header: Mapping[str, Any], descriptors: Sequence[int], limits: Limits
) -> tuple[ChildEnd, dict[bytes, bytes]]:
    """One job of a child with few words: its end, and the last message of each kind."""
    said: dict[bytes, bytes] = {}

    def take(kind: bytes, content: bytes) -> None:
        said[kind] = content
        if kind == b"F":
            child.send_descriptors(encode_frame(b"D", b""), descriptors)

    child.on_frame = take
    child.frame_limit = limits.result_bytes
    child.watch(limits)
    temporary = child.slot.temporary
    record = {
        **header, "memory_bytes": limits.memory_bytes, "limits": limits_record(limits),
        "env": {"PATH": BASE_PATH, "HOME": temporary, "TMPDIR": temporary, "LANG": "C.UTF-8"},
    }  # fmt: skip
    timer = asyncio.get_running_loop().call_later(limits.wall_seconds, child.terminate, "timeout", 0.0)
    child.send(encode_frame(b"H", encode(record)) + encode_frame(b"G", b""))
    try:
        return await until_ended(child, 0.0), said
    finally:
        timer.cancel()
