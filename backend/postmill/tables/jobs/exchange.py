"""A worker's exchange with the queue: attempts that ended go in, claimed jobs come out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.job import ClaimedJob, Ended

QUERIES = load_queries(__file__)

_CLAIMED_FIELDS = ClaimedJob.__struct_fields__
_SCOPES = _CLAIMED_FIELDS.index("scopes")
_encode = msgspec.json.Encoder().encode


class Place(NamedTuple):
    """Where a claim ended in the order of a lane: the last job that it took there."""

    tag: str
    workspace_id: str
    priority: int
    scheduled_for: datetime
    job_id: UUID


class Exchange(NamedTuple):
    """What one completion-and-claim came to."""

    recorded: frozenset[UUID]  # the ended attempts that were still the worker's own
    claimed: list[ClaimedJob]
    has_more: bool  # whether it is worth while to look again at once
    places: Sequence[Place] = ()  # where the claim ended, one for each lane that gave something


async def complete_and_claim(
    connection: Connection,
    ended: Sequence[Ended],
    *,
    tags: Sequence[str],
    limit: int,
    worker: str,
    served: Mapping[str, int],
    behind: Sequence[Place] = (),
) -> Exchange:
    """Records ended attempts and claims up to ``limit`` jobs in one statement; either part may be empty.

    ``served`` counts what each workspace was given lately, so that the others come first. With ``behind`` only what
    stands behind these places may be claimed: other lanes, other priorities and what came back are not looked at.
    """
    if not ended:
        return _exchanged(
            await connection.fetch(QUERIES.claim, tags, limit, worker, list(served), list(served.values())),
            limit,
        )
    are_plain = all(one.is_plain for one in ended)
    what_ended = _encode(ended).decode()
    if limit == 0:
        row = await connection.fetchrow(QUERIES.complete_plain if are_plain else QUERIES.complete, what_ended)
        assert row is not None
        return Exchange(_recorded(ended, row), [], False)
    shares = list(served), list(served.values())
    if behind and are_plain:
        lanes, workspaces, *keys = zip(*behind, strict=True)
        statement = QUERIES.complete_plain_and_claim_behind
        rows = await connection.fetch(statement, lanes, limit, worker, *shares, what_ended, workspaces, *keys)
    else:
        statement = QUERIES.complete_plain_and_claim if are_plain else QUERIES.complete_and_claim
        rows = await connection.fetch(statement, tags, limit, worker, *shares, what_ended)
    return _exchanged(rows, limit, _recorded(ended, rows[0]))


def _recorded(ended: Sequence[Ended], row: Record) -> frozenset[UUID]:
    late = row["late"]
    return frozenset(one.id for one in ended if not late or one.id not in late)


def _exchanged(rows: Sequence[Record], limit: int, recorded: frozenset[UUID] = frozenset()) -> Exchange:
    first = rows[0]
    # In the order in which they are to begin, where not all of them find a slot at once.
    in_turn = sorted(rows, key=_turn) if len(rows) > 1 else rows
    if first["id"] is None:
        return Exchange(recorded, [], limit > 0 and first["waiting"] > 0)
    claimed = _jobs_of(in_turn)
    has_more = len(claimed) == limit or first["waiting"] > len(claimed)
    ends = {(row["tag"], row["workspace_id"]): row for row in in_turn}
    places = [Place(*lane, row["priority"], row["scheduled_for"], row["id"]) for lane, row in ends.items()]
    return Exchange(recorded, claimed, has_more, places)


def _turn(row: Record) -> tuple[int, datetime, UUID]:
    return -row["priority"], row["scheduled_for"], row["id"]


def _jobs_of(rows: Sequence[Record]) -> list[ClaimedJob]:
    """Claimed jobs from rows that have their fields, in their order, among others."""
    names = tuple(rows[0].keys())
    begin = names.index(_CLAIMED_FIELDS[0])
    end = begin + len(_CLAIMED_FIELDS)
    assert names[begin:end] == _CLAIMED_FIELDS
    return [_claimed(row[begin:end]) for row in rows]


def _claimed(values: tuple[Any, ...]) -> ClaimedJob:
    if values[_SCOPES] is not None:
        values = (*values[:_SCOPES], tuple(values[_SCOPES]), *values[_SCOPES + 1 :])
    return ClaimedJob(*values)
