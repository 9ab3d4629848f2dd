"""The workers, their groups and their load, as people who run the instance see them."""

import re
from typing import Any
from uuid import UUID

from postmill.db.pool import Pool, Session
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.storable import checked_value
from postmill.model.subject import Subject
from postmill.model.worker import TagLoad, WorkerRecord
from postmill.tables.instance import audit, fleet_view, worker, worker_group
from postmill.tables.jobs import concurrency

HEARD_OF_SECONDS = 60.0
HIDDEN = "*****"
_GROUP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")
_TAG = re.compile(r"[^\s,\x00-\x1f]{1,100}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
# What the platform itself keeps in an environment, and where a database's address or password may stand.
_NOT_FOR_JOBS = ("POSTMILL_", "WM_", "PG", "DATABASE_URL")
_MEMBERS = ("worker_tags", "env_vars_static", "env_vars_allowlist")


async def list_workers(
    pool: Pool, *, silent_seconds: float = 300.0, limit: int = 1000, offset: int = 0
) -> list[WorkerRecord]:
    """Workers that were heard of within the last seconds, by group and name."""
    return await fleet_view.workers(pool, silent_seconds, limit, offset)


async def served_tags(pool: Pool) -> list[str]:
    """The tags that the workers which are there serve."""
    return await fleet_view.served_tags(pool, HEARD_OF_SECONDS)


async def is_draining(pool: Pool, job_id: UUID) -> bool:
    """Whether the worker that runs the job is about to stop."""
    return await fleet_view.is_draining(pool, job_id)


async def load_by_tag(pool: Pool) -> list[TagLoad]:
    """The waiting and running jobs of every tag, over all workspaces."""
    return await fleet_view.load_by_tag(pool)


async def list_groups(pool: Pool) -> list[tuple[str, str]]:
    """The worker groups: names and configs, JSON objects as text."""
    return await worker_group.list_all(pool)


def without_values(config: str) -> str:
    """A config as those see it who do not run the instance: the names of its variables, and ``*`` for their values."""
    whole = json.decode(config)
    variables = whole.get("env_vars_static")
    if isinstance(variables, dict):
        whole["env_vars_static"] = dict.fromkeys(variables, HIDDEN)
    return json.encode_text(whole)


async def get_group(pool: Pool, name: str) -> str:
    """The config of a group; raises NotFound."""
    config = await worker_group.get(pool, name)
    if config is None:
        raise NotFound(f"Not found: there is no worker group {name}")
    return config


def require_group_name(name: str) -> None:
    """Raises InvalidInput for what is no name of a worker group."""
    if not _GROUP_NAME.fullmatch(name):
        raise InvalidInput(
            f"Bad request: {name[:60]!r} is not the name of a worker group: at most 50 letters, digits, _ and -"
        )


def require_config(config: Any) -> None:
    """Raises InvalidInput for a malformed config, and for a member that would have no effect, unless it is empty."""
    if not isinstance(config, dict):
        raise InvalidInput("Bad request: the config of a worker group must be a JSON object")
    for name, value in config.items():
        if name not in _MEMBERS and value:
            raise InvalidInput(
                f"Bad request: {name[:60]} of a worker group has no effect here; what has: {', '.join(_MEMBERS)}"
            )
    _require_variables(config)
    tags = config.get("worker_tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise InvalidInput("Bad request: worker_tags must be a list of texts")
    for tag in tags or ():
        if not _TAG.fullmatch(tag):
            raise InvalidInput(f"Bad request: {tag!r} is not a tag: 1 to 100 characters, no spaces or commas")
    checked_value(config, "the config")


def _require_variables(config: dict[str, Any]) -> None:
    static = config.get("env_vars_static")
    is_text = isinstance(static, dict) and all(isinstance(value, str) for value in static.values())
    if static is not None and not is_text:
        raise InvalidInput("Bad request: env_vars_static must be an object of texts")
    for name in static or ():
        if not _VARIABLE.fullmatch(name):
            raise InvalidInput(f"Bad request: {name[:60]!r} is not the name of an environment variable")
    taken = config.get("env_vars_allowlist")
    if taken is not None and not (isinstance(taken, list) and all(isinstance(name, str) for name in taken)):
        raise InvalidInput("Bad request: env_vars_allowlist must be a list of names")
    for name in taken or ():
        if not _VARIABLE.fullmatch(name) or name.startswith(_NOT_FOR_JOBS):
            raise InvalidInput(f"Bad request: {name[:60]!r} cannot be taken from the workers' environment")


async def put_group(pool: Pool, subject: Subject, name: str, config: str) -> None:
    """Creates or replaces a group; its workers follow within a moment."""
    async with pool.acquire() as connection, connection.transaction():
        await put_group_in(connection, subject, name, config)


async def put_group_in(connection: Session, subject: Subject, name: str, config: str) -> None:
    """The same, in the transaction of a larger change."""
    await worker_group.put(connection, name, config)
    await audit.record(connection, subject, "worker_config.update", "Updated", name)


async def remove_group(pool: Pool, subject: Subject, name: str) -> None:
    """Removes a group's config; raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        if not await worker_group.remove(connection, name):
            raise NotFound(f"Not found: there is no worker group {name}")
        await audit.record(connection, subject, "worker_config.delete", "Delete", name)


async def restart_group(pool: Pool, subject: Subject, name: str) -> list[str]:
    """Has the workers of a group end their jobs, or hand them back, and start anew; answers their names.

    Raises NotFound where none is there.
    """
    async with pool.acquire() as connection, connection.transaction():
        asked = await worker.ask_to_restart(connection, name, HEARD_OF_SECONDS)
        if not asked:
            raise NotFound(f"Not found: no worker of the group {name} is there to restart")
        await audit.record(connection, subject, "worker_config.restart", "Updated", name, {"workers": asked})
    return asked


async def running_by_concurrency_key(pool: Pool) -> list[tuple[str, int]]:
    """How many runs hold a place under each concurrency key."""
    return await concurrency.running_per_key(pool)


async def prune_concurrency_key(pool: Pool, key: str) -> None:
    """Forgets the ended runs that still count for a key; running ones keep their places."""
    await concurrency.prune(pool, key)


async def concurrency_key(pool: Pool, job_id: UUID) -> str | None:
    """The concurrency key of a job; None when it has none."""
    return await fleet_view.concurrency_key(pool, job_id)
