"""The grants (``extra_perms``) of the items of a workspace, by kind of item."""

from collections.abc import Mapping
from dataclasses import dataclass

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json

QUERIES = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class GrantedKind:
    """The statements for one kind of item; ``announce`` where processes keep what they know of it."""

    lock: str
    set: str
    announce: str | None = None


KINDS: Mapping[str, GrantedKind] = {
    "variable": GrantedKind(QUERIES.lock_variable, QUERIES.set_variable),
    "resource": GrantedKind(QUERIES.lock_resource, QUERIES.set_resource),
    "script": GrantedKind(QUERIES.lock_script, QUERIES.set_script, QUERIES.announce_script),
    "flow": GrantedKind(QUERIES.lock_flow, QUERIES.set_flow, QUERIES.announce_flow),
}


async def lock(connection: Connection, kind: str, workspace_id: str, path: str) -> dict[str, bool] | None:
    """The grants of an item, locked until the transaction ends; None where there is no such item."""
    perms = await connection.fetchval(KINDS[kind].lock, workspace_id, path)
    if perms is None:
        return None
    decoded: dict[str, bool] = json.decode(perms)
    return decoded


async def store(
    connection: Connection, kind: str, workspace_id: str, path: str, extra_perms: Mapping[str, bool]
) -> None:
    """Replace the grants of an item."""
    statements = KINDS[kind]
    await connection.execute(statements.set, workspace_id, path, json.encode_text(dict(extra_perms)))
    if statements.announce is not None:
        await connection.execute(statements.announce, workspace_id, path)
