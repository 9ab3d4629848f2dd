"""The table of script versions. Rights are the business of its callers, but for lists."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.script import Script, ScriptFilter, ScriptSettings, ScriptVersion
from postmill.model.subject import Subject
from postmill.tables.items.visible import SeenItems

QUERIES = load_queries(__file__)
SEEN = SeenItems("script", "s")


def _script(row: Record) -> Script:
    return Script(
        workspace_id=row["workspace_id"],
        hash=row["hash"],
        version=row["version"],
        path=row["path"],
        parent_hashes=tuple(row["parent_hashes"]),
        summary=row["summary"],
        description=row["description"],
        content=row["content"],
        language=row["language"],
        kind=row["kind"],
        schema=row["schema"],
        modules=row["modules"],
        is_template=row["is_template"],
        auto_kind=row["auto_kind"],
        has_preprocessor=row["has_preprocessor"],
        settings=msgspec.json.decode(row["settings"], type=ScriptSettings),
        lock=row["lock"],
        lock_error_logs=row["lock_error_logs"],
        lock_job=row["lock_job"],
        deployment_message=row["deployment_message"],
        extra_perms=msgspec.json.decode(row["extra_perms"], type=dict[str, bool]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        archived=row["archived"],
        deleted=row["deleted"],
    )


async def by_hash(connection: Connection, workspace: str, script_hash: int) -> Script | None:
    """One version, also an archived or deleted one."""
    row = await connection.fetchrow(QUERIES.by_hash, workspace, script_hash)
    return _script(row) if row else None


async def head(connection: Connection, workspace: str, path: str) -> Script | None:
    """The newest version of a path, runnable or not, archived or not."""
    row = await connection.fetchrow(QUERIES.head, workspace, path)
    return _script(row) if row else None


async def deployed_version(connection: Connection, workspace: str, path: str) -> Script | None:
    """The version that runs by path take: the newest live one with a lock and without lock error."""
    row = await connection.fetchrow(QUERIES.deployed_version, workspace, path)
    return _script(row) if row else None


async def previous_lock(connection: Connection, script: Script) -> str | None:
    """The lock of the version that was deployed before this one."""
    lock: str | None = await connection.fetchval(
        QUERIES.previous_lock, script.workspace_id, script.path, script.version
    )
    return lock


async def child_of(connection: Connection, workspace: str, script_hash: int) -> int | None:
    """The version that continues this one."""
    child: int | None = await connection.fetchval(QUERIES.child_of, workspace, script_hash)
    return child


async def lock_path(connection: Connection, workspace: str, path: str) -> None:
    """Waits for other deployments of the path; to be called inside a transaction."""
    await connection.execute(QUERIES.lock_path, workspace, path)


async def lock_head(connection: Connection, workspace: str, path: str) -> Script | None:
    """As ``head``, when other deployments of the path are done; to be called inside a transaction."""
    await lock_path(connection, workspace, path)
    return await head(connection, workspace, path)


async def add(connection: Connection, script: Script) -> int:
    """Stores a version and returns its version number (the record's own ``version`` is not looked at)."""
    version: int = await connection.fetchval(
        QUERIES.add,
        script.workspace_id,
        script.hash,
        script.path,
        list(script.parent_hashes),
        script.summary,
        script.description,
        script.content,
        script.language,
        script.kind,
        script.schema,
        script.modules,
        script.is_template,
        script.auto_kind,
        script.has_preprocessor,
        msgspec.json.encode(script.settings).decode(),
        script.lock,
        script.lock_job,
        script.deployment_message,
        msgspec.json.encode(script.extra_perms).decode(),
        script.created_by,
    )
    return version


async def set_lock(connection: Connection, workspace: str, script_hash: int, lock: str) -> str | None:
    """Makes a version runnable; None when it has a lock already or is gone, else its path."""
    path: str | None = await connection.fetchval(QUERIES.set_lock, workspace, script_hash, lock)
    return path


async def set_lock_error(
    connection: Connection, workspace: str, script_hash: int, message: str
) -> str | None:
    """Keeps the resolver's words; None when the version has a lock or is gone, else its path."""
    path: str | None = await connection.fetchval(QUERIES.set_lock_error, workspace, script_hash, message)
    return path


async def set_lock_error_of_job(connection: Connection, job_id: UUID, message: str) -> tuple[str, str] | None:
    """Keeps why a lock job failed; workspace and path of its version, None when there is none that waits for it."""
    row = await connection.fetchrow(QUERIES.set_lock_error_of_job, job_id, message)
    return None if row is None else (row["workspace_id"], row["path"])


async def list_heads(
    connection: Connection,
    subject: Subject,
    workspace: str,
    wanted: ScriptFilter,
    *,
    newest_first: bool,
    limit: int,
    offset: int,
) -> list[tuple[Script, bool]]:
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
        wanted.first_parent_hash,
        wanted.last_parent_hash,
        wanted.parent_hash,
        wanted.include_without_main,
        wanted.is_template,
        wanted.kinds,
        wanted.languages,
        wanted.dedicated_worker,
        wanted.label,
        wanted.starred_only,
        subject.email,
        newest_first,
        limit,
        offset,
    )
    return [(_script(row), row["starred"]) for row in rows]


async def move_archived(connection: Connection, workspace: str, place: str, new_place: str) -> set[str]:
    """What is archived below one place (with its last slash) lies below another; answers the paths it had."""
    return {row["path"] for row in await connection.fetch(QUERIES.move_archived, workspace, place, new_place)}


async def list_paths(connection: Connection, subject: Subject, workspace: str) -> list[str]:
    """The paths of all live scripts that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_paths, workspace)
    return [row["path"] for row in rows]


async def list_contents(
    connection: Connection, subject: Subject, workspace: str, limit: int
) -> list[tuple[str, str]]:
    """Path and code of live scripts that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_contents, workspace, limit)
    return [(row["path"], row["content"]) for row in rows]


async def search_contents(
    connection: Connection, subject: Subject, workspace: str, text: str, *, any_case: bool, limit: int
) -> list[Record]:
    """Rows of path, language, summary and content of live scripts that hold the text and that the subject may see."""
    return await SEEN.fetch(connection, subject, QUERIES.search_contents, workspace, text, any_case, limit)


async def list_sources(
    connection: Connection, subject: Subject, workspace: str, languages: Sequence[str]
) -> dict[str, int]:
    """The newest version of each live path that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_sources, workspace, list(languages))
    return {row["path"]: row["hash"] for row in rows}


async def contents_of(connection: Connection, workspace: str, hashes: Sequence[int]) -> dict[int, str]:
    """Code by version."""
    rows = await connection.fetch(QUERIES.contents_of, workspace, list(hashes))
    return {row["hash"]: row["content"] for row in rows}


async def history(
    connection: Connection, workspace: str, path: str, parents: Sequence[int], limit: int
) -> list[ScriptVersion]:
    """The newest first, with the versions from before a rename (``parents``)."""
    rows = await connection.fetch(QUERIES.history, workspace, path, list(parents), limit)
    return [ScriptVersion(**dict(row)) for row in rows]


async def folder_exists(connection: Connection, subject: Subject, workspace: str, prefix: str) -> bool:
    """Whether live scripts that the subject may see lie below the path."""
    rows = await SEEN.fetch(connection, subject, QUERIES.folder_exists, workspace, prefix)
    return bool(rows[0][0])


async def set_deployment_message(
    connection: Connection, workspace: str, script_hash: int, path: str, message: str
) -> bool:
    """False when the path has no such version."""
    row = await connection.fetchval(QUERIES.set_deployment_message, workspace, script_hash, path, message)
    return row is not None


async def archive_path(connection: Connection, workspace: str, path: str) -> int:
    """How many versions were live."""
    return len(await connection.fetch(QUERIES.archive_path, workspace, path))


async def archive_version(connection: Connection, workspace: str, script_hash: int) -> bool:
    return await connection.fetchval(QUERIES.archive_version, workspace, script_hash) is not None


async def delete_version(connection: Connection, workspace: str, script_hash: int) -> bool:
    return await connection.fetchval(QUERIES.delete_version, workspace, script_hash) is not None


async def delete_path(connection: Connection, workspace: str, path: str) -> int:
    """How many versions there were."""
    return len(await connection.fetch(QUERIES.delete_path, workspace, path))


async def mute_error_handler(connection: Connection, workspace: str, path: str, muted: bool) -> int:
    """How many versions took the setting."""
    return len(await connection.fetch(QUERIES.mute_error_handler, workspace, path, muted))


async def notify_changed(connection: Connection, workspace: str, path: str) -> None:
    """Reaches the listeners when the transaction commits."""
    await connection.execute(QUERIES.notify_changed, workspace, path)


async def set_extra_perms(
    connection: Connection, workspace: str, path: str, extra_perms: dict[str, bool]
) -> None:
    """Replaces the grants of a path, for all its versions: they are seen by the same rule, as are their runs."""
    await connection.execute(
        QUERIES.set_extra_perms, workspace, path, msgspec.json.encode(extra_perms).decode()
    )


async def set_lock_job(connection: Connection, workspace: str, script_hash: int, job_id: UUID) -> None:
    """Which job looks for the lock now."""
    await connection.execute(QUERIES.set_lock_job, workspace, script_hash, job_id)


async def live_heads(connection: Connection, workspace: str, language: str) -> list[Script]:
    """The newest versions of all live scripts of a language."""
    return [_script(row) for row in await connection.fetch(QUERIES.live_heads, workspace, language)]


async def drop_identities_of_others(
    connection: Connection, workspace: str | None, makers: Sequence[str]
) -> None:
    """What these people let run as somebody else runs as its callers again, where they are no admins any more."""
    await connection.fetchval(QUERIES.drop_identities_of_others, workspace, makers)


async def running_as(connection: Connection, workspace: str, identity: str) -> list[str]:
    """The paths of all live scripts that run as the identity, for instance ``u/alice``, whoever starts them."""
    return [row["path"] for row in await connection.fetch(QUERIES.running_as, workspace, identity)]


async def prune(connection: Connection, workspace: str) -> int:
    """Removes the earlier versions of all scripts that nothing takes any more; how many they were."""
    row = await connection.fetchrow(QUERIES.prune, workspace)
    return int(row["pruned"]) if row else 0
