"""Starts what is measured: `postmill up`, with a data directory and a port of its own."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from load import Connection, Target

POSTMILL = [sys.executable, "-m", "postmill.main"]
READY_TIMEOUT_SECONDS = 60.0


class Platform:
    """A running `postmill up` with an admin token."""

    def __init__(self, data_dir: Path, options: list[str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = _free_port()
        self.token = f"pm_bench_{secrets.token_hex(16)}"
        self._options = options or []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> Target:
        return Target("127.0.0.1", self.port, self.token)

    def start(self) -> float:
        """Seconds from the command to the first 200 of /api/version."""
        environment = {
            **os.environ,
            "POSTMILL_ADMIN_TOKEN": self.token,
            "POSTMILL_ADMIN_EMAIL": "admin@example.com",
            "POSTMILL_ADMIN_PASSWORD": self.token,
        }
        command = [
            *POSTMILL,
            "up",
            "--port",
            str(self.port),
            "--data-dir",
            str(self.data_dir),
            "--no-browser",
            *self._options,
        ]
        started = time.perf_counter()
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab")
        self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        while time.perf_counter() - started < READY_TIMEOUT_SECONDS:
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"`postmill up` ended with status {self._process.returncode}; see {log.name}"
                )
            if _answers(self.port):
                return time.perf_counter() - started
            time.sleep(0.005)
        raise RuntimeError(f"`postmill up` was not ready within {READY_TIMEOUT_SECONDS} s; see {log.name}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def deploy(self, path: str, code: str, **settings: Any) -> str:
        """Deploy a script and wait for its lock; the version's hash."""
        connection = Connection(self.target)
        body = {
            "path": path,
            "summary": "",
            "description": "",
            "content": code,
            "language": "python3",
            **settings,
        }
        version = connection.text("POST", "/api/w/main/scripts/create", body)
        deadline = time.monotonic() + 300
        while True:
            status = connection.json("GET", f"/api/w/main/scripts/deployment_status/h/{version}")
            if status.get("lock") is not None:
                connection.close()
                return version
            if status.get("lock_error_logs") or time.monotonic() > deadline:
                raise RuntimeError(f"{path} was not locked: {status}")
            time.sleep(0.05)

    def make_resource(self, path: str, resource_type: str, value: Any) -> None:
        connection = Connection(self.target)
        body = {"path": path, "resource_type": resource_type, "value": value, "description": ""}
        connection.text("POST", "/api/w/main/resources/create", body)
        connection.close()


@contextmanager
def running(options: list[str] | None = None) -> Iterator[Platform]:
    """A platform in a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="postmill-bench-"))
    platform = Platform(folder / "data", options)
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()
        shutil.rmtree(folder, ignore_errors=True)


def tree_pss_mb(root: int) -> dict[str, float]:
    """Proportional memory in MB of a process and all below it, by command name, with the sum under `total`."""
    sizes: dict[str, float] = {}
    for pid in _descendants(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        if found:
            sizes[name] = sizes.get(name, 0.0) + int(found[1]) / 1024
    sizes["total"] = sum(sizes.values())
    return sizes


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        connection = Connection(Target("127.0.0.1", port, ""), timeout=5)
        status, _ = connection.send("GET", "/api/version")
        connection.close()
    except OSError:
        return False
    return status == 200
