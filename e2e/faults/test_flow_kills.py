"""``kill -9`` of workers, a server and the database in the middle of flows: every flow ends right, each step once.

``POSTMILL_KILLED_FLOWS`` sets how many flows run at that time; the nightly run has 500.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
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
UNLUCKY = 'n="$1"\necho "$n"\nexit $((RANDOM % 2))'
"""Fails every other time, and is tried again until it does not."""
INNER = "u/admin/killed_inner"
TOTAL = """Number(results.a)
+ results.serial.concat(results.parallel, results.branches).reduce((s, v) => s + Number(v), 0)
+ results.turns.length + Number(results.unlucky) + resume + (results.timed === "SuspendedTimedOut" ? 1 : 0)"""


def identity(step_id: str, **settings: Any) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "identity"}, **settings}


FLOW = {
    "modules": [
        script("a", ADD, "flow_input.n"),
        loop(
            "serial",
            False,
            script("x", ADD_IN_PYTHON, "Number(results.a) + flow_input.iter.value"),
            identity("i"),
        ),
        loop("parallel", True, script("y", ADD, "flow_input.iter.value")),
        {
            "id": "branches",
            "value": {
                "type": "branchall",
                "parallel": True,
                "branches": [
                    {"modules": [script("p", ADD, "flow_input.n"), identity("q")]},
                    {
                        "modules": [
                            {
                                "id": "sub",
                                "value": {
                                    "type": "flow",
                                    "path": INNER,
                                    "input_transforms": {"n": {"type": "javascript", "expr": "flow_input.n"}},
                                },
                            }
                        ]
                    },
                ],
            },
        },
        {
            "id": "turns",
            "value": {"type": "whileloopflow", "skip_failures": False, "modules": [identity("w")]},
            "stop_after_if": {"expr": "all_iters.length == 3"},
        },
        {
            **script("unlucky", UNLUCKY, "flow_input.n"),
            "retry": {"constant": {"attempts": 60, "seconds": 0}},
            "suspend": {"required_events": 1, "timeout": 1, "continue_on_disapprove_timeout": True},
        },
        script("timed", "def main(n):\n    return n\n", "resume.error.name"),
        identity("asks", suspend={"required_events": 1}),
        script("end", "def main(n):\n    return n\n", TOTAL),
    ]
}
PAYLOAD = 1000


def expected(n: int) -> int:
    a = n + 1
    loops = sum(a + i + 1 for i in (1, 2, 3)) + sum(i + 1 for i in (1, 2, 3))
    return a + loops + 2 * (n + 1) + 3 + n + PAYLOAD + 1


def start(platform: Platform) -> list[str]:
    value = {"modules": [script("s", ADD, "flow_input.n"), identity("t")]}
    platform.post("flows/create", {"path": INNER, "summary": "", "value": value, "schema": {}})
    return [
        platform.post("jobs/run/preview_flow", {"value": FLOW, "args": {"n": n}}).text for n in range(FLOWS)
    ]


def answer_when_asked(platform: Platform, job_id: str) -> None:
    """Approves the last wait of a flow, which has come through all that happened before.

    The database may be away for a moment: an answer that may have been taken is given again, and is refused then.
    """

    def is_answered() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            got = platform.http.get(f"/w/main/jobs_u/get/{job_id}")
            if got.status_code == 503:
                return False
            state = got.json()["flow_status"]["modules"][-1]["type"]
            if state == "WaitingForEvents":
                answer = platform.http.post(f"/w/main/jobs/flow/resume/{job_id}", json=PAYLOAD)
                assert answer.is_success or answer.status_code in (400, 503), answer.text
                return answer.is_success
            return bool(state == "Success")
        return False

    eventually(is_answered, 4 * RECOVERY_SECONDS)


def test_flows_survive_their_workers_servers_and_database(fragile: Platform) -> None:
    ids = start(fragile)
    for victim in ("postmill.main.worker", "postmill.main.worker", "postmill.main.server"):
        [process] = eventually(lambda name=victim: fragile.process.children_running(name))  # type: ignore[misc]
        eventually(lambda: fragile.get("jobs/queue/list", running=True, per_page=1))
        process.kill()
        eventually(lambda process=process: not process.is_running())  # type: ignore[misc]
    eventually(lambda: len(fragile.process.children_running("postmill.main.server")) == 1)
    fragile.wait_until_ready()
    postmaster(fragile).kill()
    for job_id in ids:
        answer_when_asked(fragile, job_id)
    records = [fragile.wait_for(job_id, 4 * RECOVERY_SECONDS) for job_id in ids]
    assert [int(record["result"]) for record in records] == [expected(n) for n in range(FLOWS)]
    for record in records[:20]:
        modules = record["flow_status"]["modules"]
        assert [module["type"] for module in modules] == ["Success"] * 9
        assert [len(module["flow_jobs"]) for module in modules[1:5]] == [3, 3, 2, 3]
    listed = Counter(job["id"] for job in fragile.get("jobs/completed/list", per_page=10_000))
    assert max(listed.values()) == 1
