"""A real `postmill up` per test, in a process and a data directory of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from postmill.db.embedded import socket_folder

READY_SECONDS = 120


class Up:
    """One `postmill up` at a time on one data directory, at a port that is free when it starts."""

    token = "pm_tok_for_the_tests_of_up_0123456789"
    program: tuple[str, ...] = (sys.executable, "-m", "postmill.main")

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._family: list[psutil.Process] = []

    def start(self, *options: str) -> str:
        """Start it and return what it printed until it said that it is ready."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [
                    *(*self.program, "up", "--no-browser"),
                    *("--port", "0", "--data-dir", str(self.data_dir), *options),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "POSTMILL_ADMIN_TOKEN": self.token, "POSTMILL_LEASE_SECONDS": "10"},
            )
        printed = self._until_ready()
        self._family = self.process.children(recursive=True)
        return printed

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def child(self, word: str) -> psutil.Process:
        """The direct child whose command line holds a word."""
        found = [child for child in self.process.children() if any(word in part for part in child.cmdline())]
        assert len(found) == 1, (word, found)
        return found[0]

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        # A connection per request: none is left over from a process that was restarted meanwhile.
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(base_url=f"{self.url}/api", headers=headers, timeout=60, limits=limits)

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Signal it and wait for it and everything that it started; returns its exit status."""
        assert self._process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._family = self.process.children(recursive=True) or self._family
        self._process.send_signal(signal_number)
        status = self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def survivors(self) -> list[psutil.Process]:
        """What is still there of the processes it had, after they had time to end."""
        _, alive = psutil.wait_procs(self._family, timeout=60)
        return alive

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop(signal.SIGKILL)
            self.survivors()

    def _until_ready(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        printed = ""
        for line in self._process.stdout:
            printed += line
            if "ready:" in line:
                self.url = line.split()[-1]
                return printed
        self._process.stdout.close()
        self._process.wait()
        raise AssertionError(f"`postmill up` ended: {self.log.read_text()[-3000:]}")


def _ups_in(folder: Path) -> Iterator[Callable[[str], Up]]:
    made: list[Up] = []

    def make(name: str = "data") -> Up:
        made.append(Up(folder / name))
        return made[-1]

    yield make
    for up in made:
        up.clean_up()
        shutil.rmtree(socket_folder(up.data_dir), ignore_errors=True)


@pytest.fixture
def make_up(tmp_path: Path) -> Iterator[Callable[[str], Up]]:
    """Makes the handle of an `up` on a data directory of the given name."""
    yield from _ups_in(tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs already, for tests that look at it and leave it as it is."""
    for make in _ups_in(tmp_path_factory.mktemp("up")):
        up = make("data")
        up.start()
        yield up


@pytest.fixture
def up(make_up: Callable[[str], Up]) -> Up:
    """An `up` that is not started yet."""
    return make_up("data")


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], str], None]:
    """Waits for something that another process does and tells nobody about."""

    def wait(happened: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError, psutil.NoSuchProcess, AssertionError):
                if happened():
                    return
            time.sleep(0.02)
        raise AssertionError(f"{what} did not happen within {READY_SECONDS} s")

    return wait
