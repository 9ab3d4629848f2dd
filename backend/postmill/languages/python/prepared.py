"""A Python script with everything that its processes need: the pool to take a child from, the orders' header."""

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from postmill.languages.imports import module_name
from postmill.languages.protocol import RunRequest
from postmill.languages.single_run import BASE_PATH
from postmill.languages.spares import SparePool
from postmill.signatures.annotations import python_annotations

_VERSION_IN_NAME = re.compile(r"python(3\.\d+)")


@dataclass(frozen=True)
class PreparedScript:
    """What one version of a script needs to run, shared by its runs where it is warm."""

    pool: SparePool
    header: dict[str, Any]
    code: bytes
    search_path: str  # PATH of its processes: the interpreter's own folder comes first


def prepare_script(
    request: RunRequest, pool: SparePool, sources: dict[str, str], warm: bool
) -> PreparedScript:
    """Pure: the header says what the wrapper (``wrapper.Script``) wants to know."""
    path = request.path or "main"
    header = {
        "entrypoint": request.entrypoint,
        "preprocess": request.preprocess,
        "postprocess": _postprocesses(request.code),
        "result_bytes": request.limits.result_bytes,
        "memory_bytes": request.limits.memory_bytes,
        "module": module_name(path),
        "file": f"{path}.py",
        "sources": {module_name(at): [f"{at}.py", code] for at, code in sources.items()},
        "warm": warm,
        "checkpoint": request.checkpoint,
    }
    code = request.code.encode("utf-8", "replace")
    return PreparedScript(pool, header, code, _search_path(pool.spec.python))


@lru_cache(maxsize=512)
def _postprocesses(code: str) -> bool:
    """Whether its results are put into the usual shape: told by the first lines, but all of them are split for that."""
    return not python_annotations(code).skip_result_postprocessing


@lru_cache(maxsize=64)
def _search_path(python: Path) -> str:
    """Where processes find programs: beside their interpreter first."""
    return f"{python.resolve().parent}:{BASE_PATH}"


def execution_mark(python: Path) -> bytes:
    """The line of the log behind which the user's own output begins."""
    return f"--- PYTHON ({python_version(python)}) CODE EXECUTION ---\n".encode()


@lru_cache(maxsize=64)
def python_version(python: Path) -> str:
    """``3.x`` of an interpreter, by the name of its file."""
    found = _VERSION_IN_NAME.search(python.resolve().name)
    return found[1] if found else f"{sys.version_info.major}.{sys.version_info.minor}"


_PYTHON_HEADER = re.compile(r"^#\s*py:?\s*(3)\.?(\d+)\s*$", re.MULTILINE)


@lru_cache(maxsize=1024)
def needs_environment(lock: str, own_python: str) -> bool:
    """Whether a lock names any package, or another Python than the worker's own (``3.x``)."""
    if any(line.strip() and not line.lstrip().startswith("#") for line in lock.splitlines()):
        return True
    header = _PYTHON_HEADER.search(lock)
    return header is not None and f"{header[1]}.{header[2]}" != own_python
