"""``kill -9`` of workers, a server and the database in the middle of flows: every flow ends right, each step once.

``POSTMILL_KILLED_FLOWS`` sets how many flows run at that time; the nightly run has 500.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platform_process import RECOVERY_SECONDS, Platform, eventually, running_platform

from faults.test_kills import postmaster

FLOWS = int(os.environ.get("POSTMILL_KILLED_FLOWS", "60"))


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that notices lost workers within a second or two."""
    folder = Path(tmp_path_factory.mktemp("fragile-flows"))
    with running_platform(folder, heartbeat_seconds="0.3", lease_seconds="1") as platform:
        yield platform


def script(step_id: str, content: str, n: str) -> dict[str, Any]:
    transforms = {"n": {"type": "javascript", "expr": n}}
    language = "python3" if "def main" in content else "bash"
    value = {"type": "rawscript", "language": language, "content": content, "input_transforms": transforms}
    return {"id": step_id, "value": value}


def loop(step_id: str, parallel: bool, *modules: dict[str, Any]) -> dict[str, Any]:
    value = {
        "type": "forloopflow", "iterator": {"type": "static", "value": [1, 2, 3]}, "parallel": parallel,
        "skip_failures": False, "modules": list(modules),
    }  # fmt: skip
    return {"id": step_id, "value": value}


ADD = 'n="$1"\nsleep 0.05\necho $((n + 1))'
ADD_IN_PYTHON = "import time\ndef main(n):\n    time.sleep(0.05)\n    return n + 1\n"
"""What follows on such a step is decided before its process is gone."""
SUM = "Number(results.a) + results.serial.concat(results.parallel).reduce((s, v) => s + Number(v), 0)"
FLOW = {
    "modules": [
        script("a", ADD, "flow_input.n"),
        loop(
            "serial",
            False,
            script("x", ADD_IN_PYTHON, "Number(results.a) + flow_input.iter.value"),
            {"id": "i", "value": {"type": "identity"}},
        ),
        loop("parallel", True, script("y", ADD, "flow_input.iter.value")),
        script("end", "def main(n):\n    return n\n", SUM),
    ]
}


def expected(n: int) -> int:
    a = n + 1
    return a + sum(a + i + 1 for i in (1, 2, 3)) + sum(i + 1 for i in (1, 2, 3))


def start(platform: Platform) -> list[str]:
    return [
        platform.post("jobs/run/preview_flow", {"value": FLOW, "args": {"n": n}}).text for n in range(FLOWS)
    ]


def some_ended(platform: Platform, ids: list[str]) -> bool:
    done = [platform.get(f"jobs_u/completed/get_result_maybe/{job_id}")["completed"] for job_id in ids[:10]]
    return any(done)


def test_flows_survive_their_workers_servers_and_database(fragile: Platform) -> None:
    ids = start(fragile)
    for victim in ("postmill.main.worker", "postmill.main.worker", "postmill.main.server"):
        eventually(lambda victim=victim: fragile.process.children_running(victim))  # type: ignore[misc]
        [process] = fragile.process.children_running(victim)
        eventually(lambda: fragile.get("jobs/queue/list", running=True, per_page=1))
        process.kill()
        eventually(lambda process=process: not process.is_running())  # type: ignore[misc]
    eventually(lambda: len(fragile.process.children_running("postmill.main.server")) == 1)
    fragile.wait_until_ready()
    postmaster(fragile).kill()
    records = [fragile.wait_for(job_id, 4 * RECOVERY_SECONDS) for job_id in ids]
    assert [int(record["result"]) for record in records] == [expected(n) for n in range(FLOWS)]
    for record in records[:20]:
        modules = record["flow_status"]["modules"]
        assert [module["type"] for module in modules] == ["Success"] * 4
        assert [len(module["flow_jobs"]) for module in modules[1:3]] == [3, 3]
    listed = Counter(job["id"] for job in fragile.get("jobs/completed/list", per_page=10_000))
    assert max(listed.values()) == 1
