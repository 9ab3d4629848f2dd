"""A run of its own takes over what is sealed in a step: with the caller's rights, and without showing it."""

import json
from typing import Any
from uuid import UUID

from postmill.kernel.ids import new_job_id
from postmill.references.resolve import resolve_args
from postmill.references.step_values import place_of_step_value, seal_value
from postmill.tables.people.workspace_member import load_subject

from .conftest import World

SECRET = "correct-horse-battery"
CODE = {"content": "echo", "language": "bash"}


async def sealed_step(world: World, identity: str = "alice") -> tuple[UUID, str]:
    """A step of a flow of somebody's with a sealed input, as the engine leaves it; and what is sealed."""
    pool, context = world.context.pool, world.context
    flow, step = new_job_id(), new_job_id()
    async with pool.acquire() as connection:
        place = place_of_step_value("main", flow, f"u/{identity}")
        sealed = await seal_value(
            connection, context.keyring, "main", place, json.dumps({"key": SECRET}), [SECRET]
        )
    for job, kind, parent, args in ((flow, "flowpreview", None, {}), (step, "script", flow, {"x": sealed})):
        await pool.execute(
            "INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag, path, parent_job,"
            " root_job, args) VALUES ($1, 'main', $2, $3, $4, $5, 'bash', 'u/alice/flow', $6, $6, $7)",
            job, kind, identity, f"u/{identity}", f"{identity}@example.com", parent, json.dumps(args),
        )  # fmt: skip
    return step, sealed


async def test_a_run_of_its_own_opens_what_a_step_was_given(world: World) -> None:
    alice = await world.member("alice")
    step, sealed = await sealed_step(world)
    body = {**CODE, "args": {"x": sealed, "n": 1}}
    started = await alice("POST", "jobs/run/preview", json=body, params={"sealed_inputs_of": str(step)})
    assert started.status_code == 201, started.text
    job = await world.worker.claim()
    assert str(job.id) == started.text
    given = json.loads(job.args)
    assert given["n"] == 1 and given["x"].startswith("$sealed:") and given["x"] != sealed
    assert SECRET not in job.args
    subject = await load_subject(world.context.pool, "main", "u/alice", "alice@example.com")
    assert subject is not None

    async def opened(run: UUID) -> tuple[str, list[str]]:
        env = {"WM_JOB_ID": str(run), "WM_ROOT_FLOW_JOB_ID": ""}
        return await resolve_args(world.context.pool, world.context.keyring, subject, job.args, env)

    text, secrets = await opened(job.id)
    assert (json.loads(text), secrets) == ({"x": {"key": SECRET}, "n": 1}, [SECRET])

    # A run that took inputs over gives them on, to a deployed script too.
    await world.worker.end(job, None)
    await alice.deploy("u/alice/take")
    again = await alice.start("u/alice/take", {"x": given["x"]}, sealed_inputs_of=str(job.id))
    later = await world.worker.claim()
    assert later.id == again
    assert json.loads(later.args)["x"] not in (sealed, given["x"])


async def test_only_the_same_identity_takes_over_and_only_what_the_step_holds(world: World) -> None:
    alice, bob = await world.member("alice"), await world.member("bob")
    step, sealed = await sealed_step(world)
    _, other = await sealed_step(world)

    async def refused(api: Any, status: int, value: str, source: str = str(step)) -> str:
        body = {**CODE, "args": {"x": [{"deep": value}]}}
        answer = await api("POST", "jobs/run/preview", json=body, params={"sealed_inputs_of": source})
        assert answer.status_code == status, answer.text
        return str(answer.text)

    await refused(bob, 404, sealed)
    assert "open for u/alice only" in await refused(world.admin, 403, sealed)
    assert "no input of run" in await refused(alice, 400, other)
    await refused(alice, 404, sealed, str(new_job_id()))
    await refused(alice, 400, sealed, "no id")
    await world.context.pool.execute("UPDATE job SET args = '{}' WHERE id = $1", step)  # deleted
    assert "no input of run" in await refused(alice, 400, sealed)
    assert await world.context.pool.fetchval("SELECT count(*) FROM queue") == 0
