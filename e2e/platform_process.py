"""Real processes of the platform, started from the checkout in a directory of their own, spoken to over HTTP."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
# Nobody waits for so long but who has failed, or shares a machine with many others.
START_SECONDS = 180.0
STOP_SECONDS = 90.0
RUN_SECONDS = 180.0
RECOVERY_SECONDS = 120.0
EMAIL = "admin@example.com"
PASSWORD = "correct horse battery staple"
WAIT_AT_GATE = """
import contextlib, time
import wmill

def wait_at(gate: str):
    while True:
        with contextlib.suppress(Exception):  # whom it asks may have been killed
            if wmill.get_variable(gate) == "open":
                return
        time.sleep(0.2)
"""
"""The beginning of a script in Python that goes on when the test says so; see ``Gate``."""
Found = TypeVar("Found")


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A free port that nobody else is given; who sets ``SO_REUSEADDR``, as servers do, can listen on it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield int(holder.getsockname()[1])


def environment(data_dir: Path, token: str, **settings: str) -> dict[str, str]:
    """The environment of a process: nothing of ours but what finding programs and registries takes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POSTMILL_", "PYTEST_", "WM_"))
    }
    given = {f"POSTMILL_{name.upper()}": value for name, value in settings.items()}
    return {
        **kept,
        "POSTMILL_DATA_DIR": str(data_dir),
        "POSTMILL_ADMIN_EMAIL": EMAIL,
        "POSTMILL_ADMIN_PASSWORD": PASSWORD,
        "POSTMILL_ADMIN_TOKEN": token,
        **given,
    }


def eventually(condition: Callable[[], Found], seconds: float = RECOVERY_SECONDS) -> Found:
    """Answers with what the condition gives as soon as that is true; fails when it is not within that time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it did not come to pass within {seconds:.0f} s"
        time.sleep(0.05)
    return found


class Process:
    """One started verb of the command line, with everything below it."""

    def __init__(self, arguments: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "postmill.main", *arguments],
                cwd=ROOT, env={**env, "PYTHONPATH": str(ROOT / "backend")},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def descendants(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def children_running(self, module: str) -> list[psutil.Process]:
        """The processes below that run this module, for instance ``postmill.main.worker``.

        What one of them has forked bears its name until it becomes something else, and is left out.
        """
        found: dict[psutil.Process, int] = {}
        for process in self.descendants():
            with contextlib.suppress(psutil.Error):
                if module in process.cmdline():
                    found[process] = process.ppid()
        ids = {process.pid for process in found}
        return [process for process, parent in found.items() if parent not in ids]

    def kill(self) -> None:
        """SIGKILL to this process alone."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """SIGTERM, and the exit status; whatever stays is killed and fails the test that asked."""
        below = self.descendants()
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for process in [*below, psutil.Process(self.pid)]:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            raise AssertionError(
                f"did not end within {STOP_SECONDS:.0f} s of SIGTERM:\n{self.tail()}"
            ) from None

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


class Platform:
    """A platform that can be spoken to: its address, its first administrator and a token of theirs."""

    def __init__(self, address: str, token: str, process: Process) -> None:
        self.address = address
        self.token = token
        self.process = process
        self.email, self.password = EMAIL, PASSWORD
        self.http = httpx.Client(
            base_url=f"{address}/api",
            headers={"authorization": f"Bearer {token}"},
            timeout=RUN_SECONDS,
            trust_env=False,
        )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.is_running(), f"the platform ended:\n{self.process.tail()}"
            with contextlib.suppress(httpx.HTTPError):
                if self.http.get("/version").status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not ready after {START_SECONDS:.0f} s:\n{self.process.tail()}")

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a 200; paths are relative to the workspace ``main``, or to /api after a slash."""
        response = self.http.get(self._full(path), params=query)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def post(self, path: str, body: Any = None, **query: Any) -> httpx.Response:
        response = self.http.post(self._full(path), json=body, params=query)
        assert response.is_success, f"{path}: {response.status_code} {response.text}"
        return response

    def post_when_there(self, path: str, body: Any = None) -> None:
        """As ``post``, again and again while the server or its database is away for a moment."""

        def is_taken() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                response = self.http.post(self._full(path), json=body)
                assert response.is_success or response.status_code == 503, f"{path}: {response.text}"
                return response.is_success
            return False

        eventually(is_taken)

    def text(self, path: str) -> str:
        response = self.http.get(self._full(path))
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.text

    def _full(self, path: str) -> str:
        return path if path.startswith("/") else f"/w/main/{path}"

    def deploy(self, path: str, content: str, language: str = "python3", **settings: Any) -> str:
        """Deploys a script and waits until it can be run; answers with its hash."""
        body = {
            "path": path,
            "content": content,
            "language": language,
            "summary": "",
            "description": "",
            **settings,
        }
        version = self.post("scripts/create", body).text
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline:
            status = self.get(f"scripts/deployment_status/h/{version}")
            assert not status.get("lock_error_logs"), status["lock_error_logs"]
            if status.get("lock") is not None:
                return version
            time.sleep(0.05)
        raise AssertionError(f"{path} is not deployed after {RUN_SECONDS:.0f} s")

    def start(self, path: str, args: dict[str, Any] | None = None, **query: Any) -> str:
        return self.post(f"jobs/run/p/{path}", args or {}, **query).text

    def run(self, path: str, args: dict[str, Any] | None = None) -> Any:
        return self.post(f"jobs/run_wait_result/p/{path}", args or {}).json()

    def wait_for(self, job_id: str, seconds: float = RUN_SECONDS) -> dict[str, Any]:
        """The record of a job that has ended; a server that is away for a moment is asked again."""
        deadline = time.monotonic() + seconds
        last = "no answer"
        while time.monotonic() < deadline:
            try:
                job: dict[str, Any] = self.get(f"jobs_u/get/{job_id}")
                if job["type"] == "CompletedJob":
                    return job
                last = json.dumps(job)
            except (httpx.HTTPError, AssertionError) as error:
                last = str(error)
            time.sleep(0.1)
        raise AssertionError(
            f"job {job_id} did not end within {seconds:.0f} s: {last}\n{self.process.tail()}"
        )

    def wait_until_running(self, job_id: str) -> dict[str, Any]:
        """The record of a job whose script has begun to print."""
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.get(f"jobs_u/get/{job_id}")
            assert job["type"] == "QueuedJob", f"the job has ended already: {job}"
            if job["running"]:
                return job
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} was not started within {RUN_SECONDS:.0f} s")

    def close(self) -> None:
        self.http.close()


class Gate:
    """What scripts wait for with ``wait_at``, so that they are under way for as long as a test needs that."""

    def __init__(self, platform: Platform) -> None:
        self.path = f"u/admin/gate_{secrets.token_hex(4)}"
        self._platform = platform
        platform.post("variables/create", {"path": self.path, "value": "closed", "is_secret": False})

    def open(self) -> None:
        self._platform.post_when_there(f"variables/update/{self.path}", {"value": "open"})


@contextlib.contextmanager
def running_platform(data_dir: Path, **settings: str) -> Iterator[Platform]:
    """``postmill up`` with its own PostgreSQL; gone with all it started when the block ends."""
    token = f"pm_tok_{secrets.token_urlsafe(32)}"
    data_dir.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port:
        arguments = ["up", "--port", str(port), "--no-browser"]
        process = Process(arguments, environment(data_dir, token, **settings), data_dir / "up.log")
        platform = Platform(f"http://127.0.0.1:{port}", token, process)
        try:
            platform.wait_until_ready()
            yield platform
        finally:
            platform.close()
            below = process.descendants()
            process.stop()
            deadline = time.monotonic() + STOP_SECONDS
            while (alive := [left for left in below if is_alive(left)]) and time.monotonic() < deadline:
                time.sleep(0.05)
            names = [_command_line(left) for left in alive]
            for left in alive:
                with contextlib.suppress(psutil.Error):
                    left.kill()
            assert not alive, f"these stayed behind: {names}"


def is_alive(process: psutil.Process) -> bool:
    """Also where processes end while they are asked, of which ``psutil.wait_procs`` may make a failure."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _command_line(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return "one that is gone"
