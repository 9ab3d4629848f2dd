"""``kill -9`` in the middle of runs: no run is lost, none completes twice. Leases last one second here."""

import collections
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
from platform_process import (
    RECOVERY_SECONDS,
    RUN_SECONDS,
    WAIT_AT_GATE,
    Gate,
    Platform,
    eventually,
    is_alive,
    running_platform,
)

GATED = f"""{WAIT_AT_GATE}
def main(number: int, gate: str):
    print("started", number)
    wait_at(gate)
    return {{"number": number}}
"""


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that notices lost workers within a second or two."""
    folder = Path(tmp_path_factory.mktemp("fragile"))
    with running_platform(folder, heartbeat_seconds="0.3", lease_seconds="1") as platform:
        platform.deploy("u/admin/gated", GATED)
        platform.deploy("u/admin/quick", 'echo "$1"', "bash")
        yield platform


class Enqueuer:
    """Starts runs without pause and remembers those that were accepted.

    It chooses the ids, so that a request whose answer was lost can be sent again without running twice.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._failure: BaseException | None = None
        self.accepted: list[str] = []

    def __enter__(self) -> "Enqueuer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(RUN_SECONDS + RECOVERY_SECONDS)
        assert not self._thread.is_alive()
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            while not self._stopped.is_set():
                self._start_one(str(uuid4()))
                time.sleep(0.01)
        except BaseException as failure:
            self._failure = failure

    def has_accepted(self, count: int) -> bool:
        """Whether so many runs are accepted; raises what ended the work."""
        if self._failure is not None:
            raise self._failure
        return len(self.accepted) >= count

    def _start_one(self, job_id: str) -> None:
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                path = f"/w/main/jobs/run/p/u/admin/quick?job_id={job_id}"
                answer = self._platform.http.post(path, json={"value": job_id})
                if answer.status_code == 201 or (answer.status_code == 400 and job_id in answer.text):
                    self.accepted.append(job_id)
                    return
                assert answer.status_code == 503, f"{answer.text}\n{self._platform.process.tail()}"
            time.sleep(0.1)
        raise AssertionError("the platform did not come back")


def all_ended(platform: Platform, ids: list[str]) -> list[dict]:
    """The records of the jobs; each must have ended, once."""
    records = [platform.wait_for(job_id, RECOVERY_SECONDS) for job_id in ids]
    listed = collections.Counter(job["id"] for job in platform.get("jobs/completed/list", per_page=10_000))
    assert {job_id: listed[job_id] for job_id in ids} == dict.fromkeys(ids, 1)
    queued = {job["id"] for job in platform.get("jobs/queue/list", per_page=10_000)}
    assert not queued & set(ids)
    return records


def test_a_killed_worker_loses_no_run(fragile: Platform) -> None:
    gate = Gate(fragile)
    ids = [fragile.start("u/admin/gated", {"number": number, "gate": gate.path}) for number in range(6)]
    victim_job = fragile.wait_until_running(ids[0])
    [worker] = fragile.process.children_running("postmill.main.worker")
    worker.kill()
    gate.open()
    records = all_ended(fragile, ids)
    assert [job["result"] for job in records] == [{"number": number} for number in range(6)]
    assert records[0]["worker"] != victim_job["worker"]
    # What it printed before and after is in one log.
    assert fragile.text(f"jobs_u/get_logs/{ids[0]}").count("started 0") >= 1


def test_jobs_die_with_their_worker(fragile: Platform) -> None:
    mark = f"mark-{uuid4().hex}"
    fragile.deploy("u/admin/marked", f"exec -a {mark} sleep 600", "bash")
    job_id = fragile.start("u/admin/marked")
    fragile.wait_until_running(job_id)
    process, *_ = eventually(lambda: named(mark))
    [worker] = fragile.process.children_running("postmill.main.worker")
    worker.kill()
    eventually(lambda: not is_alive(process))
    fragile.post(f"jobs_u/queue/cancel/{job_id}", {})
    assert fragile.wait_for(job_id)["canceled"]
    eventually(lambda: not named(mark))


def test_a_killed_server_loses_nothing_that_it_accepted(fragile: Platform) -> None:
    gate = Gate(fragile)
    gated = fragile.start("u/admin/gated", {"number": 1, "gate": gate.path})
    fragile.wait_until_running(gated)
    with Enqueuer(fragile) as enqueuer:
        eventually(lambda: enqueuer.has_accepted(20))
        [server] = fragile.process.children_running("postmill.main.server")
        server.kill()
        before = len(enqueuer.accepted)
        eventually(lambda: enqueuer.has_accepted(before + 20))
    gate.open()
    # Requests need not even notice: the supervisor holds the port, and connections wait for the next server.
    assert all(job["success"] for job in all_ended(fragile, [gated, *enqueuer.accepted]))


def test_a_killed_database_loses_nothing_that_was_accepted(fragile: Platform) -> None:
    gate = Gate(fragile)
    gated = [fragile.start("u/admin/gated", {"number": number, "gate": gate.path}) for number in range(2)]
    fragile.wait_until_running(gated[0])
    with Enqueuer(fragile) as enqueuer:
        eventually(lambda: enqueuer.has_accepted(20))
        postmaster(fragile).kill()
        before = len(enqueuer.accepted)
        eventually(lambda: enqueuer.has_accepted(before + 20))
    gate.open()
    records = all_ended(fragile, [*gated, *enqueuer.accepted])
    assert [job["result"] for job in records[:2]] == [{"number": 0}, {"number": 1}]
    assert all(job["success"] for job in records)


def postmaster(platform: Platform) -> psutil.Process:
    """The process that all others of PostgreSQL belong to."""
    parents: dict[psutil.Process, int] = {}
    for process in platform.process.descendants():
        with contextlib.suppress(psutil.Error):  # processes of jobs come and go meanwhile
            if process.name() == "postgres":
                parents[process] = process.ppid()
    ids = {process.pid for process in parents}
    [first] = [process for process, parent in parents.items() if parent not in ids]
    return first


def named(mark: str) -> list[psutil.Process]:
    """Living processes whose command line begins with the mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cmdline()[:1] == [mark]:
                found.append(process)
    return found
