"""The tables of flows and their versions. Rights are the business of callers, but for lists."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.flow_document import FlowDocument, FlowFilter, FlowSettings, FlowVersionLine
from postmill.model.subject import Subject
from postmill.tables.items.visible import SeenItems

QUERIES = load_queries(__file__)
SEEN = SeenItems("flow", "f")


def _document(row: Record) -> FlowDocument:
    return FlowDocument(
        workspace_id=row["workspace_id"],
        path=row["path"],
        version=row["id"],
        summary=row["summary"],
        description=row["description"],
        value=row["value"],
        schema=row["schema"],
        settings=msgspec.json.decode(row["settings"], type=FlowSettings),
        archived=row["archived"],
        extra_perms=msgspec.json.decode(row["extra_perms"], type=dict[str, bool]),
        lock_job=row["lock_job"],
        lock_error_logs=row["lock_error_logs"],
        deployment_message=row["deployment_message"],
        created_by=row["created_by"],
        created_at=row["created_at"],
    )


async def head(connection: Connection, workspace: str, path: str) -> FlowDocument | None:
    """The newest version of a path, archived or not."""
    row = await connection.fetchrow(QUERIES.head, workspace, path)
    return _document(row) if row else None


async def by_version(connection: Connection, workspace: str, version: int) -> FlowDocument | None:
    """One version, also of an archived flow."""
    row = await connection.fetchrow(QUERIES.by_version, workspace, version)
    return _document(row) if row else None


async def lock_path(connection: Connection, workspace: str, path: str) -> None:
    """Waits for other deployments of the path; to be called inside a transaction."""
    await connection.execute(QUERIES.lock_path, workspace, path)


async def lock_head(connection: Connection, workspace: str, path: str) -> FlowDocument | None:
    """As ``head``, when other deployments of the path are done; to be called inside a transaction."""
    await lock_path(connection, workspace, path)
    return await head(connection, workspace, path)


async def add(connection: Connection, workspace: str, path: str, extra_perms: dict[str, bool]) -> None:
    """A path for versions to come, in the same transaction."""
    await connection.execute(QUERIES.add, workspace, path, msgspec.json.encode(extra_perms).decode())


async def add_version(connection: Connection, flow: FlowDocument) -> int:
    """Stores a version as the newest of its path and returns its number (the record's own is not looked at)."""
    version: int = await connection.fetchval(
        QUERIES.add_version,
        flow.workspace_id,
        flow.path,
        flow.summary,
        flow.description,
        flow.value,
        flow.schema,
        msgspec.json.encode(flow.settings).decode(),
        flow.lock_job,
        flow.deployment_message,
        flow.created_by,
    )
    return version


async def move(connection: Connection, workspace: str, path: str, new_path: str) -> None:
    """Another path for the flow with all its versions; the new one must be free."""
    await connection.execute(QUERIES.move, workspace, path, new_path)


async def set_value(connection: Connection, workspace: str, version: int, value: str) -> str | None:
    """The value with the locks that were found; the version's path, None when it is gone."""
    path: str | None = await connection.fetchval(QUERIES.set_value, workspace, version, value)
    return path


async def set_lock_error(connection: Connection, workspace: str, version: int, message: str) -> str | None:
    """Keeps the resolvers' words; the version's path, None when it is gone."""
    path: str | None = await connection.fetchval(QUERIES.set_lock_error, workspace, version, message)
    return path


async def set_lock_error_of_job(connection: Connection, job_id: UUID, message: str) -> tuple[str, str] | None:
    """Keeps why a lock job failed; workspace and path of its version, None when none waits for that job."""
    row = await connection.fetchrow(QUERIES.set_lock_error_of_job, job_id, message)
    return None if row is None else (row["workspace_id"], row["path"])


async def set_lock_job(connection: Connection, workspace: str, version: int, job_id: UUID) -> None:
    await connection.execute(QUERIES.set_lock_job, workspace, version, job_id)


async def set_archived(connection: Connection, workspace: str, path: str, archived: bool) -> bool:
    return await connection.fetchval(QUERIES.set_archived, workspace, path, archived) is not None


async def set_extra_perms(
    connection: Connection, workspace: str, path: str, extra_perms: dict[str, bool]
) -> None:
    """Replaces the grants of a flow."""
    await connection.execute(
        QUERIES.set_extra_perms, workspace, path, msgspec.json.encode(extra_perms).decode()
    )


async def delete(connection: Connection, workspace: str, path: str) -> bool:
    """Removes the flow with all its versions; False when there was none."""
    return await connection.fetchval(QUERIES.delete, workspace, path) is not None


async def list_heads(
    connection: Connection,
    subject: Subject,
    workspace: str,
    wanted: FlowFilter,
    *,
    newest_first: bool,
    limit: int,
    offset: int,
) -> list[tuple[FlowDocument, bool]]:
    """The newest version of each path that the subject may see, with whether they starred it."""
    rows = await SEEN.fetch(
        connection,
        subject,
        QUERIES.list_heads,
        workspace,
        wanted.archived,
        wanted.path_start,
        wanted.path_exact,
        wanted.created_by,
        wanted.dedicated_worker,
        wanted.label,
        wanted.starred_only,
        subject.email,
        newest_first,
        limit,
        offset,
    )
    return [(_document(row), row["starred"]) for row in rows]


async def move_archived(connection: Connection, workspace: str, place: str, new_place: str) -> int:
    """The archived flows below one place (with its last slash) lie below another; answers how many."""
    return len(await connection.fetch(QUERIES.move_archived, workspace, place, new_place))


async def list_paths(connection: Connection, subject: Subject, workspace: str) -> list[str]:
    """The paths of all live flows that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_paths, workspace)
    return [row["path"] for row in rows]


async def list_values(
    connection: Connection, subject: Subject, workspace: str, limit: int
) -> list[tuple[str, str]]:
    """Path and value (JSON text) of live flows that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_values, workspace, limit)
    return [(row["path"], row["value"]) for row in rows]


async def history(connection: Connection, workspace: str, path: str, limit: int) -> list[FlowVersionLine]:
    """The newest first."""
    rows = await connection.fetch(QUERIES.history, workspace, path, limit)
    return [FlowVersionLine(**dict(row)) for row in rows]


async def set_deployment_message(
    connection: Connection, workspace: str, path: str, version: int, message: str
) -> bool:
    """False when the path has no such version."""
    row = await connection.fetchval(QUERIES.set_deployment_message, workspace, path, version, message)
    return row is not None


async def mute_error_handler(connection: Connection, workspace: str, path: str, muted: bool) -> None:
    await connection.execute(QUERIES.mute_error_handler, workspace, path, muted)


async def notify_changed(connection: Connection, workspace: str, path: str) -> None:
    """Reaches the listeners when the transaction commits."""
    await connection.execute(QUERIES.notify_changed, workspace, path)


async def live_heads_in(connection: Connection, workspace: str, language: str) -> list[FlowDocument]:
    """The newest versions of live flows that may hold code of the language."""
    return [_document(row) for row in await connection.fetch(QUERIES.live_heads_in, workspace, language)]


async def drop_identities_of_others(
    connection: Connection, workspace: str | None, makers: Sequence[str]
) -> None:
    """What these people let run as somebody else runs as its callers again, where they are no admins any more."""
    await connection.fetchval(QUERIES.drop_identities_of_others, workspace, makers)


async def running_as(connection: Connection, workspace: str, identity: str) -> list[str]:
    """The paths of all live flows that run as the identity, for instance ``u/alice``, whoever starts them."""
    return [row["path"] for row in await connection.fetch(QUERIES.running_as, workspace, identity)]


async def prune(connection: Connection, workspace: str) -> int:
    """Removes the earlier versions of all flows that nothing takes any more; how many they were."""
    row = await connection.fetchrow(QUERIES.prune, workspace)
    return int(row["pruned"]) if row else 0
