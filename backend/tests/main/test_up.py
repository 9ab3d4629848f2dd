"""`postmill up`: one per data directory, keeps everything, restarts what breaks, leaves nothing behind."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

if TYPE_CHECKING:
    from .conftest import Up


CODE = "def main(x: int):\n    return {'x': x}\n"
SLOW = """
import pathlib, time
def main(name: str):
    print("started", flush=True)
    time.sleep(600)
"""

WITHOUT_NAMESPACES = """
import ctypes, os, platform, struct, sys
number = {"x86_64": 272, "aarch64": 97}[platform.machine()]  # unshare
steps = b"".join(
    struct.pack("HBBI", *step)
    for step in [
        (0x20, 0, 0, 0), (0x15, 0, 3, number),  # another call?
        (0x20, 0, 0, 16), (0x45, 0, 1, 0x20000000),  # without CLONE_NEWPID?
        (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000),
    ]
)
text = ctypes.create_string_buffer(steps, len(steps))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, ctypes.c_ulong(1), 0, 0, 0) == 0
program = Program(6, ctypes.addressof(text))
assert libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()
os.execv(sys.executable, [sys.executable, "-m", "postmill.main", *sys.argv[1:]])
"""
"""A machine whose kernel gives no namespaces of processes: `unshare` fails with EPERM in all that this starts."""

Eventually = Callable[[Callable[[], bool], str], None]


def store(up: Up, path: str, value: str) -> None:
    with up.client() as client:
        body = {"path": path, "value": value, "is_secret": True, "description": ""}
        assert client.post("/w/main/variables/create", json=body).status_code == 201


def stored(up: Up, path: str) -> str:
    with up.client() as client:
        answer = client.get(f"/w/main/variables/get_value/{path}")
        assert answer.status_code == 200, answer.text
        return str(answer.json())


def run(up: Up, x: int) -> object:
    with up.client() as client:
        body = {"content": CODE, "language": "python3", "args": {"x": x}}
        answer = client.post("/w/main/jobs/run_wait_result/preview", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def log_of(client: httpx.Client, job: str) -> str:
    return client.get(f"/w/main/jobs_u/getupdate/{job}?log_offset=0").text


def answers(up: Up) -> bool:
    with up.client() as client:
        return client.get("/version").status_code == 200


def test_the_first_start_shows_who_may_sign_in_and_a_restart_keeps_everything(up: Up) -> None:
    printed = up.start()
    assert "First administrator: admin@example.com" in printed
    password = re.search(r"Password:\s+(\S+)", printed)
    assert password is not None
    with up.client() as client:
        body = {"email": "admin@example.com", "password": password[1]}
        assert client.post("/auth/login", json=body).status_code == 200
        assert {item["id"] for item in client.get("/workspaces/list").json()} == {"admins", "main"}
    store(up, "u/admin/kept", "still here")
    assert run(up, 5) == {"x": 5}
    assert up.stop() == 0
    assert up.survivors() == []

    assert "Password" not in up.start()
    assert stored(up, "u/admin/kept") == "still here"
    assert run(up, 6) == {"x": 6}
    assert password[1] not in up.log.read_text()


def test_a_worker_group_starts_anew_when_asked(running: Up, eventually: Eventually) -> None:
    before = running.child("postmill.main.worker").pid
    with running.client() as client:
        answer = client.post("/settings/restart_worker_group/default")
        assert (answer.status_code, answer.text) == (200, "asked 1 worker of the group default to restart")
        eventually(lambda: running.child("postmill.main.worker").pid != before, "the start of another worker")
        assert run(running, 7) == {"x": 7}
        assert client.post("/settings/restart_worker_group/absent").status_code == 404
        entries = client.get("/w/admins/audit/list?all_workspaces=true").json()
        assert [entry["parameters"]["action"] for entry in entries if entry.get("resource") == "default"] == [
            "worker_config.restart"
        ]


def test_a_second_up_on_the_same_data_directory_is_refused_with_a_sentence(running: Up) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "postmill.main", "up", "--port", "0", "--data-dir", str(running.data_dir)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"postmill: another postmill (process {running.process.pid}) already uses {running.data_dir}; "
        "stop it, or choose another --data-dir\n"
    )
    assert answers(running)


def test_a_taken_port_is_refused_with_a_sentence(running: Up, make_up: Callable[[str], Up]) -> None:
    other = make_up("other")
    port = running.url.rpartition(":")[2]
    with pytest.raises(
        AssertionError, match=r"port \d+ of 127\.0\.0\.1 cannot be used: Address already in use"
    ):
        other.start("--port", port)


def test_killing_it_leaves_nothing_running(up: Up, eventually: Eventually) -> None:
    up.start()
    with up.client() as client:
        body = {"content": SLOW, "language": "python3", "args": {"name": "x"}}
        job = client.post("/w/main/jobs/run/preview", json=body).text
        eventually(lambda: "started" in log_of(client, job), "the start of the run")
    store(up, "u/admin/kept", "still here")
    assert len(up.process.children(recursive=True)) > 5
    up.stop(signal.SIGKILL)
    assert up.survivors() == []
    up.start()
    assert stored(up, "u/admin/kept") == "still here"


@pytest.mark.parametrize("word", ["postmill.main.server", "postmill.main.worker", "postgres"])
def test_a_killed_process_is_started_again(up: Up, eventually: Eventually, word: str) -> None:
    up.start()
    assert run(up, 1) == {"x": 1}
    killed = up.child(word)
    killed.kill()
    eventually(lambda: up.child(word).pid != killed.pid, f"a new start of {word}")
    eventually(lambda: run(up, 2) == {"x": 2}, "a run after the new start")
    assert up.stop() == 0
    assert up.survivors() == []


def test_a_worker_that_hangs_is_started_again(
    up: Up, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTMILL_HANG_SECONDS", "4")
    up.start()
    hanging = up.child("postmill.main.worker")
    hanging.suspend()  # it neither ends nor answers, and hears no signal but the last
    eventually(lambda: up.child("postmill.main.worker").pid != hanging.pid, "the start of another worker")
    eventually(lambda: run(up, 4) == {"x": 4}, "a run after the new start")
    assert "the worker gives no sign of life" in up.log.read_text()
    assert up.stop() == 0
    assert up.survivors() == []


def test_the_end_lets_running_jobs_finish(up: Up, eventually: Eventually) -> None:
    up.start()
    code = "import time\ndef main():\n    print('started', flush=True)\n    time.sleep(1.5)\n    return 'finished'\n"
    with up.client() as client:
        body = {"content": code, "language": "python3", "args": {}}
        job = client.post("/w/main/jobs/run/preview", json=body).text
        eventually(lambda: "started" in log_of(client, job), "the start of the run")
    assert up.stop() == 0
    up.start()
    with up.client() as client:
        assert client.get(f"/w/main/jobs_u/completed/get_result/{job}").json() == "finished"


def test_secrets_are_in_no_command_line_and_in_no_environment_of_what_it_starts(running: Up) -> None:
    password = (running.data_dir / "postgres.password").read_text().strip()
    for process in running.process.children(recursive=True):
        shown = shown_of(process)
        assert password not in shown
        assert running.token not in shown


def shown_of(process: psutil.Process) -> str:
    """Command line and environment, as far as they can be read: server and worker close theirs even to themselves.

    Those that wait for jobs come and go.
    """
    shown = ""
    with contextlib.suppress(psutil.AccessDenied, psutil.NoSuchProcess):
        shown += " ".join(process.cmdline())
        shown += " ".join(f"{name}={value}" for name, value in process.environ().items())
    return shown


def test_server_and_worker_run_without_capabilities(running: Up) -> None:
    for word in ("postmill.main.server", "postmill.main.worker"):
        status = Path(f"/proc/{running.child(word).pid}/status").read_text()
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert re.search(rf"^{name}:\t0+$", status, re.MULTILINE), (word, name)
        assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)


def test_where_jobs_cannot_be_isolated_it_does_not_say_that_it_is_ready(up: Up) -> None:
    up.program = (sys.executable, "-c", WITHOUT_NAMESPACES)
    with pytest.raises(AssertionError, match="ended"):
        up.start("--isolation", "sandbox")
    said = up.log.read_text().splitlines()[-1]
    assert said.startswith("postmill: no job could run: jobs cannot be isolated on this machine (")
    assert said.endswith("postmill up --isolation none")
    assert up.status == 1
    up.start("--isolation", "none")
    assert run(up, 3) == {"x": 3}
    assert up.stop() == 0
    assert up.survivors() == []
