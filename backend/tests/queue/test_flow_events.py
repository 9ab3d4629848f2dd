"""Answers to flows are stored once, and make the flow go on whoever holds it."""

from typing import Any

from postmill.db.pool import Pool
from postmill.kernel.ids import new_job_id
from postmill.queue.flow_events import record_event
from postmill.tables.flow_runs import flow_event
from postmill.tables.jobs import queue

from ..job_makers import new_job


async def place(database: Pool, job_id: Any) -> tuple[str, bool]:
    row = await database.fetchrow("SELECT state, poked FROM queue WHERE job_id = $1", job_id)
    assert row is not None
    return row["state"], row["poked"]


async def suspended_flow(database: Pool, **columns: Any) -> Any:
    job = new_job(kind="flow", tag="flow")
    await queue.push(database, [job])
    await database.execute("UPDATE queue SET state = 'suspended' WHERE job_id = $1", job.id)
    for name, value in columns.items():
        await database.execute(f"UPDATE queue SET {name} = {value} WHERE job_id = $1", job.id)
    return job.id


async def test_an_answer_makes_the_flow_claimable_once(database: Pool) -> None:
    flow, step = await suspended_flow(database), new_job_id()
    async with database.acquire() as connection, connection.transaction():
        assert await record_event(connection, flow, step, 0, "approve", payload='{"a": 1}', approver="ann")
    assert await place(database, flow) == ("ready", True)
    async with database.acquire() as connection, connection.transaction():
        assert not await record_event(connection, flow, step, 0, "disapprove")
        assert await record_event(connection, flow, None, 0, "approve")
        assert await record_event(connection, flow, step, 1, "disapprove")
    await database.execute("INSERT INTO flow_child VALUES ($1, 'a', 0, 0, $2)", flow, step)
    events = await flow_event.events_of(database, flow, "a", [flow])
    assert [(event.step_job, event.resume_id, event.kind) for event in events] == [
        (step, 0, "approve"),
        (None, 0, "approve"),
        (step, 1, "disapprove"),
    ]
    assert (events[0].payload, events[0].approver) == ('{"a": 1}', "ann")


async def test_a_flow_in_the_hands_of_a_worker_is_looked_at_again(database: Pool) -> None:
    flow = await suspended_flow(
        database, state="'running', worker = 'w', started_at = now(), heartbeat_at = now()"
    )
    async with database.acquire() as connection, connection.transaction():
        await record_event(connection, flow, new_job_id(), 0, "approve")
    assert await place(database, flow) == ("running", True)


async def test_patience_has_an_end(database: Pool) -> None:
    late = await suspended_flow(database, suspend_until="now() - interval '1 second'")
    patient = await suspended_flow(database, suspend_until="now() + interval '60 seconds'")
    seconds = await queue.seconds_to_next_due(database)
    assert seconds == 0
    assert (await queue.wake_due(database, 10)).woken == 1
    assert (await place(database, late))[0] == "ready"
    assert (await place(database, patient))[0] == "suspended"
    seconds = await queue.seconds_to_next_due(database)
    assert seconds is not None and 50 < seconds <= 60


async def test_what_waits_for_a_later_time_is_not_looked_at(database: Pool) -> None:
    """However many wait: both parts go by an index up to the present time."""
    async with database.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        rows = await connection.fetch(f"EXPLAIN {queue.QUERIES.wake_due.replace('$1', '10')}")
    plan = "\n".join(row[0] for row in rows)
    assert "Index Cond: (scheduled_for <=" in plan and "Index Cond: (suspend_until <=" in plan
