"""The environment of a checkout: `.venv` with what `requirements/runtime.txt` locks, for developers `development.txt`.

uv itself comes from `requirements/uv.txt` through pip. Both installs check hashes. Where packages come from is the
machine's own configuration; what pip is configured for is passed on to uv.
"""

import compileall
import hashlib
import os
import shutil
import sys
from pathlib import Path

from commands import read, run
from places import BACKEND, BIN, ENVIRONMENT, PYTHON, REQUIREMENTS, ROOT, STATE, Stop, say

UV_FOLDER = STATE / "uv"
UV_LOCK = REQUIREMENTS / "uv.txt"
RUNTIME_LOCK = REQUIREMENTS / "runtime.txt"
LOCK = REQUIREMENTS / "development.txt"
STAMP = ENVIRONMENT / "made-from"
RUNTIME_STAMP = ENVIRONMENT / "runtime-made-from"


def ensure_runtime() -> None:
    """Make or renew `.venv` with what the platform needs to run; one that has more is as good."""
    wanted = _digest(RUNTIME_LOCK, ROOT / "pyproject.toml", text=sys.version)
    if _has(RUNTIME_STAMP, wanted):
        return
    say("installing into .venv (this takes a minute the first time)")
    _install(RUNTIME_LOCK, "--compile-bytecode")
    STAMP.unlink(missing_ok=True)
    RUNTIME_STAMP.write_text(wanted)


def ensure_environment() -> None:
    """Make or renew `.venv` for developers when a lock, the package's metadata or the interpreter changed."""
    ensure_runtime()
    wanted = _digest(LOCK, RUNTIME_LOCK, ROOT / "pyproject.toml", text=sys.version)
    if _has(STAMP, wanted):
        return
    say("installing what developers need into .venv")
    # Without bytecode: tests use a small part of it, and Python compiles what they import.
    _install(LOCK)
    STAMP.write_text(wanted)


def _has(stamp: Path, wanted: str) -> bool:
    return _stamped(stamp) == wanted and PYTHON.exists()


def _install(lock: Path, *options: str) -> None:
    """Bring `.venv` to a lock, hashes checked, with the package of this checkout."""
    uv = ensure_uv()
    environment = _registries()
    if not PYTHON.exists():
        run(uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT, env=environment)
    run(
        *(uv, "pip", "sync", "--python", PYTHON, "--require-hashes", *options, lock),
        env=environment,
    )
    # The build tool is in the lock, so that this needs no registry.
    run(
        *(uv, "pip", "install", "--quiet", "--python", PYTHON, "--no-deps", "--no-build-isolation"),
        *("--editable", ROOT),
        env=environment,
    )


def ensure_bytecode() -> None:
    """Compile what changed, so that no process of the platform has to: that would triple the time of its start.

    Python does it by itself on the first import, but not where PYTHONDONTWRITEBYTECODE is set.
    """
    compileall.compile_dir(BACKEND / "postmill", quiet=2)


def ensure_uv() -> Path:
    """The uv of the lock, installed under `.dev` by pip."""
    uv = UV_FOLDER / "bin" / "uv"
    stamp = UV_FOLDER / "made-from"
    wanted = _digest(UV_LOCK, text=sys.version)
    if _stamped(stamp) == wanted and uv.exists():
        return uv
    shutil.rmtree(UV_FOLDER, ignore_errors=True)
    UV_FOLDER.mkdir(parents=True)
    pip_install = ("install", "--quiet", "--require-hashes", "--no-deps", "-r", UV_LOCK)
    if read(sys.executable, "-c", "import ensurepip") is not None:
        run(sys.executable, "-m", "venv", UV_FOLDER)
        run(UV_FOLDER / "bin" / "python", "-m", "pip", *pip_install)
    elif read(sys.executable, "-m", "pip", "--version") is not None:
        run(sys.executable, "-m", "pip", *pip_install, "--target", UV_FOLDER)
    else:
        raise Stop(
            f"{sys.executable} has neither the module ensurepip nor pip; "
            "install one of them (on Debian and Ubuntu: the package python3-venv)"
        )
    stamp.write_text(wanted)
    return uv


def lock_requirements() -> None:
    """Write the locks anew from `pyproject.toml`: hashes, markers for every platform, no addresses."""
    REQUIREMENTS.mkdir(exist_ok=True)
    uv = ensure_uv() if UV_LOCK.exists() else _any_uv()
    source = STATE / "uv.in"
    STATE.mkdir(exist_ok=True)
    source.write_text("uv>=0.13\n")
    _compile(uv, UV_LOCK, source)
    _compile(uv, RUNTIME_LOCK, ROOT / "pyproject.toml", "--group", "build")
    # The same versions in both, so that going from one to the other installs only what is missing.
    same = ("--constraint", RUNTIME_LOCK)
    _compile(uv, LOCK, ROOT / "pyproject.toml", "--all-extras", "--group", "dev", *same)
    for further in sorted(REQUIREMENTS.glob("*.in")):
        _compile(uv, further.with_suffix(".txt"), further)


def _compile(uv: Path, output: Path, source: Path, *options: str | Path) -> None:
    run(
        *(uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"),
        *("--no-annotate", "--custom-compile-command", "./dev lock", *options, "-o", output, source),
        env=_registries(),
    )


def _any_uv() -> Path:
    found = shutil.which("uv") or (str(BIN / "uv") if (BIN / "uv").exists() else None)
    if found is None:
        raise Stop("the first lock needs a uv on PATH")
    return Path(found)


def _registries() -> dict[str, str]:
    """uv reads no configuration of pip, so the index that pip is told to use is passed on."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        return {}
    index = os.environ.get("PIP_INDEX_URL") or read(
        sys.executable, "-m", "pip", "config", "get", "global.index-url"
    )
    return {"UV_DEFAULT_INDEX": index.strip()} if index and index.strip() else {}


def _digest(*files: Path, text: str = "") -> str:
    digest = hashlib.sha256(text.encode())
    for file in files:
        if not file.exists():
            raise Stop(f"{file.relative_to(ROOT)} is missing; `./dev lock` writes the locks")
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _stamped(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.exists() else None
