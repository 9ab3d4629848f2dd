"""Fetches the values that decisions speak of."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.flow_in_hand import ChildKey, FlowInHand, read_origin
from postmill.flow_logic.values import FlowArgs, OfChild, OfChildren, StopError, Value, Written
from postmill.queue.results import stop_error, whole_result
from postmill.tables.flow_runs import flow_run

NULL = "null"
_args = msgspec.json.Decoder(dict[str, msgspec.Raw])
NOTHING_KNOWN: Mapping[ChildKey, str] = {}


async def value_text(pool: Pool, flow: FlowInHand, value: Value) -> str:
    """The value as JSON text."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, FlowArgs):
        return flow.args_text
    if isinstance(value, StopError):
        return await _stop_error(pool, flow, value)
    if isinstance(value, OfChild):
        known = flow.results.get((value.step, value.attempt, value.index))
        if known is not None:
            return known
    return await children_value(pool, flow.id, value, flow.results)


async def children_value(
    pool: Pool, flow_job: UUID, value: OfChild | OfChildren, known: Mapping[ChildKey, str] = NOTHING_KNOWN
) -> str:
    """The results of children, from what is known or else from the database."""
    if isinstance(value, OfChild):
        rows = await flow_run.child_results(
            pool, flow_job, value.step, value.attempt, index=value.index, count=value.index + 1
        )
        return await _text(pool, rows[0]) if rows else NULL
    texts = [known.get((value.step, value.attempt, index)) for index in range(value.count)]
    if None in texts:
        rows = await flow_run.child_results(
            pool, flow_job, value.step, value.attempt, index=None, count=value.count
        )
        for row in rows:
            if texts[row.index] is None:
                texts[row.index] = await _text(pool, row)
    return f"[{','.join(NULL if text is None else text for text in texts)}]"


async def _text(pool: Pool, row: flow_run.ChildResult) -> str:
    if row.result_blob is not None:
        return await whole_result(pool, row.result_blob)
    return NULL if row.result is None else row.result


async def _stop_error(pool: Pool, flow: FlowInHand, value: StopError) -> str:
    return stop_error(
        value.message, None if value.result is None else await value_text(pool, flow, value.result)
    )


async def whole_args(pool: Pool, flow_job: UUID) -> str:
    """The arguments of a stored flow; long ones lie with the flow around it."""
    row = await flow_run.load(pool, flow_job)
    if row is None:
        return "{}"
    origin = read_origin(row)
    if not origin.inherits or origin.parent is None:
        return row.args
    return merged(await whole_args(pool, origin.parent), row.args)


def merged(args: str, more: str) -> str:
    """Arguments with others, which win; both JSON objects."""
    return msgspec.json.encode({**_args.decode(args), **_args.decode(more)}).decode()
