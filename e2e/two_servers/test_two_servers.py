"""Two servers and two workers with data directories of their own, around one database."""

import asyncio
import contextlib
import functools
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from platform_process import WAIT_AT_GATE, Gate, Platform, Process, environment, eventually, reserved_port

from postmill.db.embedded import EmbeddedPostgres, remove_cluster

GREET = """
def main(name: str, secret: str):
    print("secret is", secret)
    return {"hello": name}
"""
SLOTS = 4
"""Of each worker."""
SECRET = "$var:u/admin/secret"
TALKATIVE = f"""{WAIT_AT_GATE}
def main(lines: int, gate: str):
    for line in range(lines):
        print("line", line, flush=True)
        wait_at(gate)
    return lines
"""


class Pair(NamedTuple):
    """Two servers, and the processes of two workers."""

    one: Platform
    two: Platform
    workers: list[Process]
    start_worker: Callable[[str], Process]


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """A PostgreSQL that belongs to none of the processes under test."""
    server = EmbeddedPostgres(folder)
    loop = asyncio.new_event_loop()
    keeper = threading.Thread(target=loop.run_forever)
    keeper.start()

    def run(call):
        return asyncio.run_coroutine_threadsafe(call, loop).result(60)

    try:
        run(server.start())
        yield server.database_url
        run(server.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        keeper.join()
        loop.close()
        remove_cluster(folder)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = Path(tmp_path_factory.mktemp("pair"))
    token = f"pm_tok_{secrets.token_urlsafe(32)}"
    shared = {"instance_key": secrets.token_hex(32), "heartbeat_seconds": "0.3", "lease_seconds": "1"}
    with database(folder / "postgres") as url, contextlib.ExitStack() as stack:

        def start(name: str, *arguments: str) -> Process:
            (folder / name).mkdir()
            env = environment(folder / name, token, database_url=url, **shared)
            process = Process([*arguments], env, folder / f"{name}.log")
            stack.callback(process.stop)
            return process

        servers = []
        for name in ("server-one", "server-two"):
            port = stack.enter_context(reserved_port())
            process = start(name, "server", "--port", str(port))
            servers.append(Platform(f"http://127.0.0.1:{port}", token, process))
            stack.callback(servers[-1].close)
        for server in servers:
            server.wait_until_ready()
        addresses = [server.address for server in servers]

        def start_worker(name: str) -> Process:
            address = addresses[0 if name == "worker-one" else 1]
            return start(name, "worker", "--base-url", address, "--workers", str(SLOTS))

        workers = [start_worker(name) for name in ("worker-one", "worker-two")]
        one, two = servers
        one.post("variables/create", {"path": "u/admin/secret", "value": "tell-nobody", "is_secret": True})
        one.deploy("u/admin/greet", GREET)
        one.deploy("u/admin/talkative", TALKATIVE)
        one.deploy("u/admin/large", "def main(size: int):\n    return 'x' * size\n")
        yield Pair(one, two, workers, start_worker)


def test_both_workers_are_there(pair: Pair) -> None:
    eventually(lambda: len({worker["worker"] for worker in pair.two.get("/workers/list")}) == 2)


def test_workers_that_are_asked_to_restart_begin_again_in_the_same_process(pair: Pair) -> None:
    def names() -> set[str]:
        return {worker["worker"] for worker in pair.two.get("/workers/list")}

    before = eventually(lambda: only(2, names()))
    pair.one.post("/settings/restart_worker_group/default", {})
    eventually(lambda: len(names() - before) == 2 and not names() & before)
    assert all(worker.is_running() for worker in pair.workers)


def test_what_one_server_starts_the_other_serves(pair: Pair) -> None:
    jobs = [pair.one.start("u/admin/greet", {"name": f"n{number}", "secret": SECRET}) for number in range(8)]
    for number, job_id in enumerate(jobs):
        record = pair.two.wait_for(job_id)
        assert record["result"] == {"hello": f"n{number}"}
        assert pair.two.text(f"jobs_u/get_logs/{job_id}") == pair.one.text(f"jobs_u/get_logs/{job_id}")
        assert "secret is" in record["logs"]
        assert "tell-nobody" not in record["logs"]
    assert pair.two.run("u/admin/greet", {"name": "two", "secret": SECRET}) == {"hello": "two"}


def test_a_deployment_is_seen_by_the_other_server(pair: Pair) -> None:
    first = pair.one.deploy("u/admin/changing", "echo one", "bash")
    assert pair.two.run("u/admin/changing") == "one"
    pair.one.deploy("u/admin/changing", "echo two", "bash", parent_hash=first)
    assert pair.two.run("u/admin/changing") == "two"


def test_live_logs_come_through_the_other_server(pair: Pair) -> None:
    gate = Gate(pair.one)
    job_id = pair.one.start("u/admin/talkative", {"lines": 6, "gate": gate.path}, timeout=60)
    events: list[dict[str, Any]] = []
    with pair.two.http.stream("GET", f"/w/main/jobs_u/getupdate_sse/{job_id}") as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
                if "line 0" in events[-1].get("new_logs", ""):
                    gate.open()
    printed = [event["new_logs"] for event in events if "line " in event.get("new_logs", "")]
    assert len(printed) >= 2, "the log came only at the end"
    assert events[-1]["completed"]
    assert events[-1]["job"]["result"] == 6


def test_large_results_are_served_by_both(pair: Pair) -> None:
    size = 3_000_000
    assert pair.two.run("u/admin/large", {"size": size}) == "x" * size
    job_id = pair.one.get("jobs/completed/list", script_path_exact="u/admin/large")[0]["id"]
    for server in (pair.one, pair.two):
        assert server.get(f"jobs_u/completed/get_result/{job_id}") == "x" * size


def test_a_revoked_token_ends_on_both(pair: Pair) -> None:
    token = pair.one.post("/users/tokens/create", {"label": "short"}).text
    header = {"authorization": f"Bearer {token}"}
    assert pair.two.http.get("/users/whoami", headers=header).status_code == 200
    [prefix] = [
        item["token_prefix"] for item in pair.one.get("/users/tokens/list") if item["label"] == "short"
    ]
    assert pair.one.http.delete(f"/users/tokens/delete/{prefix}").status_code == 200
    for server in (pair.one, pair.two):
        whoami = functools.partial(server.http.get, "/users/whoami", headers=header)
        eventually(lambda ask=whoami: ask().status_code == 401)


def test_a_killed_worker_hands_over_to_the_other(pair: Pair) -> None:
    gate = Gate(pair.one)
    jobs = [pair.one.start("u/admin/talkative", {"lines": 5, "gate": gate.path}) for _ in range(6)]
    pair.one.wait_until_running(jobs[0])
    pair.workers[0].kill()
    gate.open()
    assert [pair.two.wait_for(job_id)["result"] for job_id in jobs] == [5] * 6


def test_a_flow_whose_worker_is_lost_amid_turns_side_by_side_goes_on_in_the_other(pair: Pair) -> None:
    """One of the two is gone; another takes its place and is killed in turn."""
    if pair.workers[0].is_running():
        eventually(lambda: only(2, alive_workers(pair)))
        pair.workers[0].kill()
    [left] = eventually(lambda: only(1, alive_workers(pair)))
    lost = pair.start_worker("worker-three")
    eventually(lambda: only(2, alive_workers(pair)))
    gate = Gate(pair.one)
    turn = f"{WAIT_AT_GATE}\ndef main(gate: str, n: int):\n    wait_at(gate)\n    return n\n"
    count = 2 * SLOTS - 1  # more than one of them takes, so that both have some
    flow = pair.one.post("jobs/run/preview_flow", {"value": side_by_side(turn, gate, count), "args": {}}).text

    def busy() -> set[str]:
        running = pair.one.get("jobs/queue/list", running=True, parent_job=flow, per_page=100)
        return {job["worker"] for job in running}

    eventually(lambda: len(busy() & alive_workers(pair)) == 2)
    lost.kill()
    gate.open()
    record = pair.two.wait_for(flow)
    assert (record["success"], record["result"]) == (True, [sum(range(count)), list(range(count))])
    completed = pair.one.get("jobs/completed/list", parent_job=flow, per_page=100)
    assert max(Counter(job["id"] for job in completed).values()) == 1
    assert len(record["flow_status"]["modules"][0]["flow_jobs"]) == count
    last = pair.one.get(f"jobs_u/get/{record['flow_status']['modules'][1]['job']}")
    assert last["worker"] == left


def alive_workers(pair: Pair) -> set[str]:
    """Those that gave a sign of life within their lease or a little more."""
    return {one["worker"] for one in pair.one.get("/workers/list") if (one["last_ping"] or 0) <= 3}


def only(count: int, names: set[str]) -> set[str] | None:
    return names if len(names) == count else None


def side_by_side(turn: str, gate: Gate, count: int) -> dict[str, Any]:
    inputs = {
        "gate": {"type": "static", "value": gate.path},
        "n": {"type": "javascript", "expr": "flow_input.iter.value"},
    }
    script = {"type": "rawscript", "language": "python3", "content": turn, "input_transforms": inputs}
    loop = {
        "type": "forloopflow", "iterator": {"type": "static", "value": list(range(count))}, "parallel": True,
        "skip_failures": False, "modules": [{"id": "turn", "value": script}],
    }  # fmt: skip
    total = "def main(turns: list):\n    return [sum(turns), turns]\n"
    turns = {"turns": {"type": "javascript", "expr": "results.loop"}}
    value = {"type": "rawscript", "language": "python3", "content": total, "input_transforms": turns}
    return {"modules": [{"id": "loop", "value": loop}, {"id": "total", "value": value}]}
