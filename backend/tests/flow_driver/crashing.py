"""A worker in a process of its own, which dies at the crash point that its environment names."""

import asyncio
import json
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from postmill.crypto.workspace_keys import Keyring
from postmill.db import clock_watch
from postmill.db.notifications import Notifications
from postmill.db.pool import connect
from postmill.expressions.on_demand import Expressions
from postmill.kernel.settings import Settings
from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.main.wiring import Backbone
from postmill.sandbox.levels import Isolation
from postmill.worker.process import Isolated, work_with
from tests.runs_in_tasks import RunsInTasks

LONG = 600_000


def transform(value: Any) -> dict[str, Any]:
    return (
        {"type": "javascript", "expr": value}
        if isinstance(value, str)
        else {"type": "static", "value": value}
    )


def step(step_id: str, content: str, n: Any, **value: Any) -> dict[str, Any]:
    inline = {"type": "rawscript", "language": "bash", "content": content, "lock": "", "input_transforms": {}}
    return {"id": step_id, "value": {**inline, "input_transforms": {"n": transform(n)}, **value}}


ITEM = "flow_input.iter.value"
LIMITED = {"concurrent_limit": 1, "custom_concurrency_key": "one"}
FLOW = {
    "modules": [
        step("a", "same", 1),
        {"id": "serial", "value": {
            "type": "forloopflow", "iterator": transform([1, 2]),
            "modules": [step("x", "same", ITEM), step("y", "double", "previous_result")],
        }},
        step("limited", "same", "results.serial", **LIMITED),
        {"id": "parallel", "value": {
            "type": "forloopflow", "iterator": transform([3, 4, 5]), "parallel": True,
            "modules": [step("z", "double", ITEM), {"id": "i", "value": {"type": "identity"}}],
        }},
        step("long", "long", 1),
        step("end", "same", "[results.a, results.serial, results.parallel, results.long.length]"),
    ]
}  # fmt: skip
RESULT = [1, [2, 4], [6, 8, 10], LONG]

FUNCTIONS = {"same": lambda n: n, "double": lambda n: n * 2, "long": lambda n: "x" * LONG}


WORKFLOW = "from wmill import workflow\n@workflow\nasync def main(): ...\n"


def play(checkpoint: str) -> RunOutcome:
    """One round of a workflow as code: two tasks side by side, a step, one more task."""
    done = json.loads(checkpoint)
    steps, executing = done["completed_steps"], done.get("_executing_key")

    def tasks(*keys: str) -> dict[str, Any]:
        return {"type": "dispatch", "steps": [{"key": key, "name": key, "script": key} for key in keys]}

    if executing is not None:
        said: dict[str, Any] = {"type": "complete", "result": executing * 2}
    elif "a" not in steps:
        said = tasks("a", "b")
    elif "stamp" not in steps:
        said = {"type": "inline_checkpoint", "key": "stamp", "result": 7}
    elif "c" not in steps:
        said = tasks("c")
    else:
        said = {"type": "complete", "result": steps}
    return RunOutcome("success", json.dumps(said))


class Scripts(RunsInTasks):
    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        if request.checkpoint is not None:
            return play(request.checkpoint)
        result = FUNCTIONS[request.code](**json.loads(request.args))
        if isinstance(result, Awaitable):
            result = await result
        return RunOutcome("success", json.dumps(result))

    async def lock(self, language: str, request: LockRequest) -> str:
        return ""


async def main(database_url: str, data_dir: str) -> None:
    """Works until killed."""
    pool = await connect(database_url, max_size=6)
    notifications = Notifications()
    await notifications.start(database_url)
    settings = Settings(data_dir=Path(data_dir), workers=2)
    isolated = Isolated(Scripts(), Expressions(Path(data_dir), Isolation("none")), "none", ("a test",))
    clock = asyncio.create_task(clock_watch.watch(pool))
    backbone = Backbone(database_url, pool, notifications, Keyring(b"k" * 32), clock)
    await work_with(isolated, backbone, settings, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
