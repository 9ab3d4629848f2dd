"""A run of a flow as one list of jobs."""

import asyncio

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.job_tree import read_tree
from postmill.launch.flow_versions import FlowVersions
from postmill.queue.metrics import set_progress
from postmill.tables.people.workspace_member import load_subject
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import identity, loop, prepare, script


async def test_the_jobs_of_a_flow_stand_in_the_order_of_its_tree(works: Works) -> None:
    prepare(works)
    again = {"retry": {"constant": {"attempts": 1}}}
    async with works.working():
        flow = await works.push(
            loop("l", [1, 2], script("x", n="flow_input.iter.value"), identity("y")),
            script("z", "fail", again),
        )
        assert (await works.result(flow))[0] == "failure"
    alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
    assert alice is not None
    documents = Documents(works.pool, FlowVersions(works.pool, None))
    tree = await read_tree(works.pool, documents, alice, "main", flow, 2)
    assert [(one.step_path, one.status, one.depth) for one in tree.entries] == [
        (None, "failure", 0),
        ("l[0]", "success", 1), ("l[0]/x", "success", 2), ("l[0]/y", "success", 2),
        ("l[1]", "success", 1), ("l[1]/x", "success", 2), ("l[1]/y", "success", 2),
        ("z", "failure", 1), ("z", "failure", 1),
    ]  # fmt: skip
    assert tree.entries[4].label == "l (2 of 2)" and tree.entries[4].parent_module_type == "forloopflow"
    assert [one.sibling_index for one in tree.entries[-2:]] == [0, 1]
    assert tree.entries[2].result_prefix == "1" and len(tree.entries[0].result_prefix or "") == 2
    assert not tree.truncated and not tree.scope_filtered


async def test_a_running_step_shows_how_far_it_is(works: Works) -> None:
    prepare(works)
    told, gate = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        job_id = await works.pool.fetchval("SELECT id FROM job WHERE flow_step_id = 'a'")
        await set_progress(works.pool, "main", job_id, 250)
        told.set()
        await gate.wait()
        return 1

    works.scripts.functions["slow"] = slow
    async with works.working():
        flow = await works.push(identity("i"), script("a", "slow"))
        await told.wait()
        module = (await works.status(flow))["modules"][1]
        assert (module["type"], module["progress"]) == ("InProgress", 99)
        gate.set()
        assert await works.result(flow) == ("success", 1)
        assert "progress" not in (await works.status(flow))["modules"][1]
