"""Tags, limits and joined runs that go by arguments wait for the preprocessor, which makes the arguments."""

import asyncio
import json
from typing import Any
from uuid import UUID

from postmill.kernel.clock import now
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.model.flow_document import FlowDocument, FlowSettings
from postmill.queue.cancel import cancel
from postmill.tables.items import flow as deployed_flows
from postmill.tables.people.workspace_member import load_subject
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, script
from tests.job_makers import state_of, until

PATH = "u/alice/prepared"
TAGS = ("flow", "bash", "t-5")


class Prepared:
    """A deployed flow whose preprocessor makes ``{"q": the body}``; its step ``a`` waits until it may end."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.running: list[int] = []
        self.may_end = asyncio.Event()
        self.launcher = FlowLauncher(works.pool, Launcher(works.pool, works.writer))

        async def step(n: int) -> int:
            self.running.append(n)
            await self.may_end.wait()
            self.running.remove(n)
            return n

        works.scripts.functions |= {"pre": lambda event: {"q": event["body"]}, "step": step}

    async def deploy(self, tag: str | None = None, **value: Any) -> None:
        document = {
            "modules": [script("a", "step", n="flow_input.q"), identity("z")],
            "preprocessor_module": script("preprocessor", "pre"),
            **value,
        }
        await deployed_flows.add(self.works.pool, "main", PATH, {})
        await deployed_flows.add_version(
            self.works.pool,
            FlowDocument(
                workspace_id="main", path=PATH, version=0, summary="", description="", schema=None,
                value=json.dumps(document), settings=FlowSettings(tag=tag), archived=False, extra_perms={},
                lock_job=None, lock_error_logs=None, deployment_message=None, created_by="alice", created_at=now(),
            ),
        )  # fmt: skip

    async def start(self, body: Any) -> UUID:
        alice = await load_subject(self.works.pool, "main", "u/alice", "alice@example.com")
        assert alice is not None
        return await self.launcher.run_path(alice, PATH, {}, event=lambda: {"body": body})

    async def tags(self, flow: UUID) -> tuple[str, list[str]]:
        """Of the flow, and of its steps."""
        rows = await self.works.pool.fetch(
            "SELECT id, tag FROM job WHERE id = $1 OR root_job = $1 ORDER BY id", flow
        )
        return rows[0]["tag"], [row["tag"] for row in rows[1:]]


async def test_a_tag_is_made_of_what_the_preprocessor_made(works: Works) -> None:
    prepared = Prepared(works)
    prepared.may_end.set()
    await prepared.deploy(tag="t-$args[q]")
    async with works.working(worker_tags=TAGS):
        flow = await prepared.start(5)
        assert await works.result(flow) == ("success", 5)
    # The preprocessor keeps a tag of its own; the steps are on that of the flow.
    assert await prepared.tags(flow) == ("t-5", ["bash", "t-5", "flow"])


async def test_a_tag_that_cannot_be_one_fails_the_flow(works: Works) -> None:
    prepared = Prepared(works)
    await prepared.deploy(tag="t-$args[q]", failure_module=script("failure", "same", n="error.message"))
    works.scripts.functions["same"] = lambda n: n
    async with works.working(worker_tags=TAGS):
        status, result = await works.result(await prepared.start("a,b"))
    assert status == "failure" and result.startswith("'t-a,b' is no tag")


async def test_a_limit_counts_what_the_preprocessor_made(works: Works) -> None:
    prepared = Prepared(works)
    await prepared.deploy(concurrent_limit=1, concurrency_key="k-$args[q]")
    async with works.working():
        first = await prepared.start(1)
        await until(lambda: _is(prepared, [1]))
        second, other = await prepared.start(1), await prepared.start(2)
        await until(lambda: _is(prepared, [1, 2]))
        await until(lambda: _waits(works, second))
        status = await works.status(second)
        assert (status["step"], status["preprocessor_module"]["type"]) == (-1, "Success")
        assert {module["type"] for module in status["modules"]} == {"WaitingForPriorSteps"}
        prepared.may_end.set()
        for flow, result in ((first, 1), (second, 1), (other, 2)):
            assert await works.result(flow) == ("success", result)
    assert (
        await works.pool.fetchval("SELECT count(*) FROM concurrency_permit WHERE counts_until IS NULL") == 0
    )


async def test_a_flow_that_waits_for_its_permit_can_be_canceled(works: Works) -> None:
    prepared = Prepared(works)
    await prepared.deploy(concurrent_limit=1, concurrency_key="k-$args[q]")
    async with works.working():
        first = await prepared.start(1)
        await until(lambda: _is(prepared, [1]))
        second, third = await prepared.start(1), await prepared.start(1)
        await until(lambda: _waits(works, second))
        await cancel(works.pool, "main", second, "bob")
        assert (await works.result(second))[0] == "canceled"
        prepared.may_end.set()
        assert await works.result(first) == ("success", 1)
        assert await works.result(third) == ("success", 1)


async def test_runs_are_joined_by_what_the_preprocessor_made(works: Works) -> None:
    prepared = Prepared(works)
    prepared.may_end.set()
    joining = {"debounce_delay_s": 600, "debounce_key": "$args[kind]", "debounce_args_to_accumulate": ["q"]}
    await prepared.deploy(**joining, concurrent_limit=1)
    works.scripts.functions |= {
        "pre": lambda event: {"kind": event["body"] % 2, "q": [event["body"]]},
        "step": lambda n: n,
    }
    started: dict[int, UUID] = {}
    async with works.working():
        for body in (1, 2, 3, 5):
            flow = started[body] = await prepared.start(body)
            await until(lambda flow=flow: _is_put_off(works, flow))  # type: ignore[misc]
        # The preprocessor runs for each; of one kind the last one is left, with what all of them collected.
        for body, by in ((1, 3), (3, 5)):
            assert await works.result(started[body]) == ("skipped", f"debounced by {started[by]}")
        status = await works.status(started[1])
        assert (status["step"], status["preprocessor_module"]["type"]) == (-1, "Success")
        await works.pool.execute("UPDATE queue SET scheduled_for = now()")
        await works.wake()
        assert await works.result(started[5]) == ("success", [1, 3, 5])
        assert await works.result(started[2]) == ("success", [2])
    assert await works.pool.fetchval("SELECT count(*) FROM queue") == 0


async def test_a_run_that_waits_for_others_can_be_canceled(works: Works) -> None:
    prepared = Prepared(works)
    await prepared.deploy(debounce_delay_s=600)
    async with works.working():
        first = await prepared.start(1)
        await until(lambda: _is_put_off(works, first))
        await cancel(works.pool, "main", first, "bob")
        assert (await works.result(first))[0] == "canceled"
        second = await prepared.start(1)
        await until(lambda: _is_put_off(works, second))
    assert await state_of(works.pool, first) == "canceled"


async def _is_put_off(works: Works, flow: UUID) -> bool:
    return await state_of(works.pool, flow) == "scheduled"


async def _is(prepared: Prepared, running: list[int]) -> bool:
    return sorted(prepared.running) == running


async def _waits(works: Works, flow: UUID) -> bool:
    return await state_of(works.pool, flow) == "parked"
