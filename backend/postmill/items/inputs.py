"""Arguments to start from: saved under a name, or those of past runs."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from postmill.access.paths import ItemPath
from postmill.access.policy import can_read, is_bypassing
from postmill.db.pool import Pool
from postmill.items.paging import Page
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import new_id, parse_hash
from postmill.kernel.storable import checked_json, checked_text
from postmill.model.job_record import Chosen, JobFilters
from postmill.model.saved_input import SavedInput
from postmill.model.subject import Subject
from postmill.queue import jobs
from postmill.tables.instance import audit
from postmill.tables.items import saved_input as saved_inputs
from postmill.tables.items import script as scripts

RunnableType = Literal["ScriptHash", "ScriptPath", "FlowPath"]
MAX_NAME_LENGTH = 200


class PastInput(msgspec.Struct, frozen=True, kw_only=True):
    """A past run as a source of arguments; its id is that of the job. Its arguments come where they are short."""

    id: UUID
    created_by: str
    created_at: datetime
    success: bool
    args: str | None


class Runnable(msgspec.Struct, frozen=True):
    """What the arguments belong to: a version by its hash, or a script or flow by its path."""

    kind: RunnableType
    id: str

    @classmethod
    def of(cls, kind: RunnableType | None, id: str | None) -> "Runnable":
        """Raises InvalidInput for a path or hash that is none."""
        if kind is None or id is None:
            raise InvalidInput("Bad request: runnable_type and runnable_id are required")
        if kind != "ScriptHash":
            return cls(kind, ItemPath.parse(id).text)
        try:
            parse_hash(id)
        except ValueError as error:
            raise InvalidInput(f"Bad request: runnable_id: {error}") from None
        return cls(kind, id)


async def history(
    pool: Pool,
    subject: Subject,
    workspace: str,
    runnable: Runnable,
    page: Page,
    *,
    containing: str | None = None,
    include_previews: bool = False,
    args_up_to: int | None = None,
) -> list[PastInput]:
    """Ended runs that the subject may see, the newest first; ``containing`` is JSON that the arguments must contain."""
    wanted = Chosen(wanted=(runnable.id,))
    is_hash = runnable.kind == "ScriptHash"
    run_kind = "flow" if runnable.kind == "FlowPath" else "script"
    kinds = (
        (run_kind, "flowpreview" if run_kind == "flow" else "preview") if include_previews else (run_kind,)
    )
    filters = JobFilters(
        workspace_id=workspace,
        place="completed",
        kinds=Chosen(wanted=kinds),
        paths=Chosen() if is_hash else wanted,
        script_hashes=wanted if is_hash else Chosen(),
        args=None if containing is None else checked_json(containing.encode(), "args"),
        limit=page.limit,
        offset=page.offset,
        args_up_to=args_up_to,
        # Other functions of the code, which compute the options of a field for instance, take other arguments.
        without_entrypoint=True,
    )
    return [
        PastInput(
            id=job.id,
            created_by=job.created_by,
            created_at=job.created_at,
            success=job.status == "success",
            args=job.args,
        )
        for job in await jobs.list_jobs(pool, subject, filters)
    ]


async def list_saved(
    pool: Pool, subject: Subject, workspace: str, runnable: Runnable, page: Page
) -> list[SavedInput]:
    """The subject's own and the public ones of a runnable that the subject may see."""
    await _require_visible(pool, subject, workspace, runnable)
    return await saved_inputs.list_for(
        pool, workspace, runnable.kind, runnable.id, subject.username, page.limit, page.offset
    )


async def save(
    pool: Pool, subject: Subject, workspace: str, runnable: Runnable, name: str, args: bytes
) -> UUID:
    """Keeps arguments (a JSON object) under a name, for the subject alone until they are made public."""
    await _require_visible(pool, subject, workspace, runnable)
    text = checked_json(args, "args")
    if not isinstance(json.decode(text), dict):
        raise InvalidInput("Bad request: args must be a JSON object")
    id = new_id()
    async with pool.acquire() as connection, connection.transaction():
        await saved_inputs.add(
            connection, id, workspace, runnable.id, runnable.kind, _checked_name(name), text, subject.username
        )
        await audit.record(connection, subject, "inputs.create", "Created", str(id))
    return id


async def update(pool: Pool, subject: Subject, workspace: str, id: UUID, name: str, is_public: bool) -> None:
    """Renames or publishes one's own saved input; admins may change any."""
    is_admin = is_bypassing(subject)
    async with pool.acquire() as connection, connection.transaction():
        if not await saved_inputs.update(
            connection,
            workspace,
            id,
            _checked_name(name),
            is_public,
            username=subject.username,
            is_admin=is_admin,
        ):
            raise _missing(id)
        await audit.record(connection, subject, "inputs.update", "Updated", str(id), {"is_public": is_public})


async def delete(pool: Pool, subject: Subject, workspace: str, id: UUID) -> None:
    """Removes one's own saved input; admins may remove any."""
    is_admin = is_bypassing(subject)
    async with pool.acquire() as connection, connection.transaction():
        if not await saved_inputs.delete(
            connection, workspace, id, username=subject.username, is_admin=is_admin
        ):
            raise _missing(id)
        await audit.record(connection, subject, "inputs.delete", "Delete", str(id))


async def saved_args(pool: Pool, subject: Subject, workspace: str, id: UUID) -> str:
    """The arguments of a saved input as JSON text."""
    found = await saved_inputs.get(pool, workspace, id)
    if found is None or not (
        found.is_public or found.created_by == subject.username or is_bypassing(subject)
    ):
        raise _missing(id)
    runnable = msgspec.convert((found.runnable_type, found.runnable_id), type=tuple[RunnableType, str])
    if not await _is_visible(pool, subject, workspace, Runnable(*runnable)):
        raise _missing(id)
    return found.args


async def past_args(pool: Pool, subject: Subject, workspace: str, job_id: UUID) -> str:
    """The arguments of a past run as JSON text, for who may see the run."""
    return await jobs.get_args(pool, subject, workspace, job_id)


async def _is_visible(pool: Pool, subject: Subject, workspace: str, runnable: Runnable) -> bool:
    if runnable.kind == "FlowPath":
        return can_read(subject, "flow", runnable.id)
    if runnable.kind == "ScriptHash":
        found = await scripts.by_hash(pool, workspace, parse_hash(runnable.id))
    else:
        found = await scripts.head(pool, workspace, runnable.id)
    return found is not None and can_read(subject, "script", found.path, found.extra_perms)


async def _require_visible(pool: Pool, subject: Subject, workspace: str, runnable: Runnable) -> None:
    if not await _is_visible(pool, subject, workspace, runnable):
        raise NotFound(f"Not found: {runnable.id} does not exist, or you may not see it")


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(f"Bad request: the name of a saved input has 1 to {MAX_NAME_LENGTH} characters")
    return checked_text(name, "the name")


def _missing(id: UUID) -> NotFound:
    return NotFound(f"Not found: there is no saved input {id}, or you may not see it")
