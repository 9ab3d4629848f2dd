"""The trail of what was done: append-only, written in the transaction of the change, never with values of secrets."""

from collections.abc import Mapping
from typing import Any, Literal

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json
from postmill.model.subject import Subject

QUERIES = load_queries(__file__)

AuditKind = Literal["Created", "Updated", "Delete", "Execute"]


async def record(
    connection: Connection,
    subject: Subject,
    action: str,
    kind: AuditKind,
    resource: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    outcome: str = "ok",
    *,
    workspace_id: str | None = None,
) -> None:
    """Write one entry; ``workspace_id`` only where it is not the subject's own."""
    await connection.execute(
        QUERIES.record,
        workspace_id or subject.workspace_id,
        subject.username,
        subject.email,
        subject.token_prefix,
        subject.job_id,
        subject.address,
        action,
        kind,
        resource,
        None if parameters is None else json.encode_text(dict(parameters)),
        outcome,
    )
