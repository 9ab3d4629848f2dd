"""Scripts as their readers see them: one, many, their history and their code."""

import hashlib
from collections.abc import Mapping, Sequence

from msgspec import Struct

from postmill.access.policy import can_read, require_write
from postmill.db.pool import Connection, Pool
from postmill.deploy.deployed import SCRIPTS
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import format_hash, parse_hash
from postmill.model.script import Script, ScriptFilter, ScriptVersion, dependency_language
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import raw_script, script_import
from postmill.tables.items import script as scripts
from postmill.tables.workspaces import workspace_dependency

MAX_HISTORY = 1_000
MAX_SEARCHED = 10_000
MAX_STORED_CODE = 5_000_000


class StoredDependency(Struct, frozen=True, kw_only=True):
    """A workspace dependency as a client has it; ``hash`` is the SHA-256 of its content."""

    path: str
    language: str
    hash: str
    name: str | None = None


def hash_of(text: str) -> int:
    """A version's hash as it stands in an address; raises NotFound for anything else."""
    try:
        return parse_hash(text)
    except ValueError:
        raise NotFound(f"Not found: {text[:40]!r} is not the hash of a script") from None


async def by_hash(pool: Pool, subject: Subject, workspace: str, script_hash: int) -> Script:
    """One version; deleted ones show that they were there, without their content."""
    script = await scripts.by_hash(pool, workspace, script_hash)
    if script is None or not can_read(subject, "script", script.path, script.extra_perms):
        raise NotFound(
            f"Not found: script version {format_hash(script_hash)} does not exist, or you may not see it"
        )
    return script


async def list_heads(
    pool: Pool,
    subject: Subject,
    workspace: str,
    wanted: ScriptFilter,
    *,
    newest_first: bool,
    limit: int,
    offset: int,
) -> list[tuple[Script, bool]]:
    """The newest version of every path that the subject may see, with whether they starred it."""
    return await scripts.list_heads(
        pool, subject, workspace, wanted, newest_first=newest_first, limit=limit, offset=offset
    )


async def list_contents(pool: Pool, subject: Subject, workspace: str) -> list[tuple[str, str]]:
    """Path and code of all live scripts that the subject may see."""
    return await scripts.list_contents(pool, subject, workspace, MAX_SEARCHED)


async def importers(connection: Connection, subject: Subject, workspace: str, path: str) -> list[str]:
    """The scripts that import the path, of those that the subject may see."""
    return await script_import.importers_of_visible(connection, subject, workspace, path)


async def history(pool: Pool, subject: Subject, workspace: str, path: str) -> list[ScriptVersion]:
    """The newest first, with the versions from before a move; those of places that are hidden are left out."""
    head = await SCRIPTS.by_path(pool, subject, workspace, path)
    found = await scripts.history(pool, workspace, path, head.parent_hashes, MAX_HISTORY)
    return [
        version for version in found if version.path == path or can_read(subject, "script", version.path, {})
    ]


async def set_deployment_message(
    pool: Pool, subject: Subject, workspace: str, path: str, script_hash: int, message: str
) -> None:
    """Changes the remark of a version in the history."""
    head = await SCRIPTS.by_path(pool, subject, workspace, path)
    require_write(subject, "script", path, head.extra_perms)
    if "\0" in message or len(message) > 1_000:
        raise InvalidInput("Bad request: deployment_msg has at most 1000 characters, none of them NUL")
    async with pool.acquire() as connection, connection.transaction():
        if not await scripts.set_deployment_message(connection, workspace, script_hash, path, message):
            raise NotFound(f"Not found: {path} has no version {format_hash(script_hash)}")
        parameters = {"hash": format_hash(script_hash)}
        await audit.record(connection, subject, "scripts.history_update", "Updated", path, parameters)


async def is_folder(pool: Pool, subject: Subject, workspace: str, path: str) -> bool:
    """Whether scripts that the subject may see lie below the path."""
    return await scripts.folder_exists(pool, subject, workspace, f"{path}/")


async def store_code(pool: Pool, subject: Subject, workspace: str, code: str) -> str:
    """Keeps code for a week under its SHA-256, which is returned."""
    if len(code) > MAX_STORED_CODE or "\0" in code:
        raise InvalidInput(
            f"Bad request: the code must have at most {MAX_STORED_CODE} characters, none of them NUL"
        )
    digest = digest_of(code)
    async with pool.acquire() as connection, connection.transaction():
        await raw_script.store(connection, workspace, digest, code, subject.username)
    return digest


async def stored_code(pool: Pool, workspace: str, digest: str) -> str:
    """Raises NotFound for code that was never stored or is older than a week."""
    code = await raw_script.get(pool, workspace, digest)
    if code is None:
        raise NotFound(f"Not found: no code is stored under {digest[:80]!r}")
    return code


async def differing(
    pool: Pool,
    subject: Subject,
    workspace: str,
    code: Mapping[str, str],
    dependencies: Sequence[StoredDependency],
) -> list[str]:
    """The paths whose deployed content is not the one with the SHA-256 given, or that are not deployed."""
    differing = []
    async with pool.acquire() as connection:
        for path, digest in code.items():
            head = await scripts.head(connection, workspace, path)
            is_seen = (
                head is not None and not head.archived and can_read(subject, "script", path, head.extra_perms)
            )
            if head is None or not is_seen or digest_of(head.content) != digest:
                differing.append(path)
        for one in dependencies:
            current = await workspace_dependency.current(
                connection, workspace, dependency_language(one.language), one.name
            )
            if current is None or digest_of(current.content) != one.hash:
                differing.append(one.path)
    return differing


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
