"""What ``results.<step>`` means in a flow.

First the flow itself and those around it, then what lies in branches and turns beside it, then the run that it was
restarted from. A unit that is not committed yet knows more than the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.values import NULL, children_value, value_text, whole_args
from postmill.flow_logic.commands import Remember
from postmill.flow_logic.values import FlowArgs, OfChild, OfChildren, StopError, Value
from postmill.model.flow_run import Origin
from postmill.tables.flow_runs import flow_run

MOST_PARENTS = 100
_remembered = msgspec.json.Decoder(Remember)


@dataclass(frozen=True)
class InHand:
    """The flows of a unit, and the steps that are done in it."""

    flows: Mapping[UUID, FlowInHand]
    done: Mapping[UUID, Mapping[str, Remember]]


async def result_in_hand(pool: Pool, flow: FlowInHand, step: str, hand: InHand) -> str:
    """The result of a step as JSON text, ``null`` for an unknown one."""
    current = flow
    scopes: list[UUID] = []
    parts: list[UUID] = []
    while True:
        done = hand.done.get(current.id, {}).get(step)
        if done is not None:
            return await value_text(pool, current, done.value)
        if not current.is_new and (found := await flow_run.outcome_in(pool, current.id, step)) is not None:
            return await _stored(pool, *found)
        if current.origin.scope not in scopes:
            scopes.append(current.origin.scope)
        parent = current.origin.parent
        if parent is None:
            break
        parts.extend(_earlier_part(current.origin))
        if parent not in hand.flows:
            known = await _just_done_within(pool, scopes, step, hand)
            if known is not None:
                return known
            origin = await flow_run.origin_of(pool, parent)
            return await named_result(pool, parent, origin, step, scopes, parts)
        current = hand.flows[parent]
    for scope in scopes:
        known = await _just_done_within(pool, [scope], step, hand)
        if known is not None:
            return known
        found = await flow_run.outcome_within(pool, scope, step)
        if found is not None:
            return await _stored(pool, *found)
    return await _before_restart(pool, current.origin, step, parts)


async def _just_done_within(pool: Pool, scopes: list[UUID], step: str, hand: InHand) -> str | None:
    """The result of a step in a branch or turn that is done and not stored yet, the last one."""
    for scope in scopes:
        for other in reversed(list(hand.done)):
            if hand.flows[other].origin.scope == scope and step in hand.done[other]:
                return await value_text(pool, hand.flows[other], hand.done[other][step].value)
    return None


async def named_result(
    pool: Pool,
    flow_job: UUID,
    origin: Origin | None,
    step: str,
    scopes: list[UUID] | None = None,
    parts: list[UUID] | None = None,
) -> str:
    """The same for a flow that is stored; ``scopes`` are those of flows inside it, ``parts`` their earlier runs."""
    found = await find_outcome(pool, flow_job, origin, step, scopes, parts)
    return NULL if found is None else await _stored(pool, *found)


async def find_outcome(
    pool: Pool,
    flow_job: UUID,
    origin: Origin | None,
    step: str,
    inner_scopes: list[UUID] | None = None,
    inner_parts: list[UUID] | None = None,
) -> tuple[UUID, str] | None:
    """The flow that holds the step, and its outcome as JSON text."""
    parts = list(inner_parts or [])
    current: UUID | None = flow_job
    place = origin
    scopes = list(inner_scopes or [])
    last = origin
    for _ in range(MOST_PARENTS):
        if current is None or place is None:
            break
        found = await flow_run.outcome_in(pool, current, step)
        if found is not None:
            return found
        if place.scope not in scopes:
            scopes.append(place.scope)
        parts.extend(_earlier_part(place))
        last, current = place, place.parent
        place = None if current is None else await flow_run.origin_of(pool, current)
    for scope in scopes:
        found = await flow_run.outcome_within(pool, scope, step)
        if found is not None:
            return found
    return None if last is None else await _outcome_before_restart(pool, last, step, parts)


def _earlier_part(origin: Origin) -> list[UUID]:
    """The earlier run of a turn, branch or flow inside another that goes on in the middle."""
    is_part = origin.parent is not None and origin.restarted_from is not None
    return [origin.restarted_from.flow_job_id] if is_part and origin.restarted_from is not None else []


async def _stored(pool: Pool, holder: UUID, outcome: str) -> str:
    return await _value_at(pool, holder, _remembered.decode(outcome).value)


async def _value_at(pool: Pool, holder: UUID, value: Value) -> str:
    if isinstance(value, OfChild | OfChildren):
        return await children_value(pool, holder, value)
    if isinstance(value, FlowArgs):
        return await whole_args(pool, holder)
    if isinstance(value, StopError):
        error: dict[str, object] = {"name": "EarlyStopError", "message": value.message}
        if value.result is not None:
            error["result"] = msgspec.Raw((await _value_at(pool, holder, value.result)).encode())
        return msgspec.json.encode({"error": error}).decode()
    return value.text


async def _before_restart(pool: Pool, origin: Origin, step: str, parts: list[UUID]) -> str:
    found = await _outcome_before_restart(pool, origin, step, parts)
    return NULL if found is None else await _stored(pool, *found)


async def _outcome_before_restart(
    pool: Pool, origin: Origin, step: str, parts: list[UUID]
) -> tuple[UUID, str] | None:
    """What a step came to in the earlier runs, that of the innermost part first."""
    for part in parts:
        found = await flow_run.outcome_below(pool, part, step)
        if found is not None:
            return found
    if origin.restarted_from is None:
        return None
    earlier = origin.restarted_from.flow_job_id
    return await find_outcome(pool, earlier, await flow_run.origin_of(pool, earlier), step)


async def read_named_result(pool: Pool, flow_job: UUID, step: str) -> str:
    """The same for readers; ``null`` also for a flow that has not begun."""
    return await named_result(pool, flow_job, await flow_run.origin_of(pool, flow_job), step)
