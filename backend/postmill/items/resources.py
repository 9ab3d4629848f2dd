"""Resources of a workspace: create, read, change, move, delete, and the values they had."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from postmill.access.paths import ItemPath
from postmill.access.policy import require_place
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool, in_transaction
from postmill.items.deletion import delete_items
from postmill.items.descriptions import described, redescribed
from postmill.items.paging import MAX_PER_PAGE, Page
from postmill.items.resource_types import checked_type_name
from postmill.kernel import clock, json
from postmill.kernel.errors import Conflict, NotFound
from postmill.kernel.storable import checked_json
from postmill.model.resource import (
    UNVERSIONED_TYPES,
    CreateResource,
    EditResource,
    Resource,
    ResourceFilter,
    ResourceVersion,
)
from postmill.model.subject import Subject
from postmill.references.resolve import Resolution
from postmill.tables.instance import audit
from postmill.tables.items import resource as resources
from postmill.tables.items.item_kinds import KINDS, RESOURCES


async def create(
    pool: Pool, subject: Subject, workspace: str, new: CreateResource, *, replace_existing: bool = False
) -> None:
    """Raises Conflict for a taken path, unless what is there may be replaced."""
    path = ItemPath.parse(new.path).text
    resource = Resource(
        workspace_id=workspace,
        path=path,
        value=_stored(new.value),
        resource_type=checked_type_name(new.resource_type),
        extra_perms={},
        created_by=subject.username,
        edited_at=clock.now(),
        **described(new),
    )
    async with pool.acquire() as connection, connection.transaction():
        old = await resources.get_for_update(connection, workspace, path) if replace_existing else None
        require_place(subject, "resource", path, None if old is None else old.extra_perms)
        if old is not None:
            await _write(connection, subject, old, resource)
            return
        if not await resources.add(connection, resource):
            raise Conflict(f"Bad request: resource {path} already exists")
        await _keep_version(connection, resource, subject)
        await audit.record(connection, subject, "resources.create", "Created", path)


async def update(within: Connection, subject: Subject, workspace: str, path: str, edit: EditResource) -> str:
    """Changes what the edit names, and returns the path, which may be new."""
    new_path = path if edit.path is None else ItemPath.parse(edit.path).text
    async with in_transaction(within) as connection:
        old = await RESOURCES.changeable(connection, subject, workspace, path)
        if new_path != path:
            await RESOURCES.require_free(connection, subject, workspace, new_path)
        changed = replace(
            old,
            path=new_path,
            value=old.value if edit.value is UNSET else _stored(edit.value),
            resource_type=old.resource_type
            if edit.resource_type is None
            else checked_type_name(edit.resource_type),
            **redescribed(edit),
        )
        await _write(connection, subject, old, changed)
    return new_path


async def update_value(
    pool: Pool, subject: Subject, workspace: str, path: str, value: Raw | UnsetType
) -> None:
    """Writes the value alone; raises NotFound where there is no resource."""
    async with pool.acquire() as connection, connection.transaction():
        old = await RESOURCES.changeable(connection, subject, workspace, path)
        await _write(connection, subject, old, replace(old, value=_stored(value)))


async def delete(pool: Pool, subject: Subject, workspace: str, paths: Sequence[str]) -> list[str]:
    """All or none; returns the deleted paths. Raises NotFound where there is none that the subject may see."""
    return await delete_items(pool, RESOURCES, resources.delete, subject, workspace, paths)


async def get(pool: Pool, subject: Subject, workspace: str, path: str) -> Resource:
    """Raises NotFound where there is none that the subject may see."""
    return await RESOURCES.readable(pool, subject, workspace, path)


async def get_interpolated(
    pool: Pool,
    keyring: Keyring,
    subject: Subject,
    workspace: str,
    path: str,
    contextual: Mapping[str, str] | None = None,
) -> Any:
    """The value with all its references resolved with the subject's own rights; opened secrets are audited.

    ``contextual`` are the variables of a run; they open none of the inputs that were sealed for it.
    """
    async with pool.acquire() as connection:
        resolution = Resolution(
            connection, keyring, subject, workspace, contextual or {}, is_inside_run=False
        )
        return await resolution.value(f"$res:{path}")


async def exists(connection: Connection, subject: Subject, workspace: str, path: str) -> bool:
    """Whether there is one that the subject may see."""
    return await RESOURCES.is_readable(connection, subject, workspace, path)


async def list_visible(
    connection: Connection, subject: Subject, workspace: str, wanted: ResourceFilter, page: Page
) -> list[Resource]:
    """Those that the subject may see, by path."""
    return await resources.list_visible(
        connection, subject, workspace, wanted, limit=page.limit, offset=page.offset
    )


async def list_names(pool: Pool, subject: Subject, workspace: str, resource_type: str) -> list[str]:
    """The paths of one type that the subject may see."""
    return await resources.list_names(pool, subject, workspace, resource_type, MAX_PER_PAGE)


async def counts_by_type(pool: Pool, subject: Subject, workspace: str) -> dict[str, int]:
    """How many resources of each type the subject may see."""
    return await resources.counts_by_type(pool, subject, workspace)


async def history(
    pool: Pool, subject: Subject, workspace: str, path: str
) -> tuple[Resource, list[ResourceVersion]]:
    """The resource and the values it had, the newest first."""
    resource = await RESOURCES.readable(pool, subject, workspace, path)
    return resource, await resources.list_versions(pool, workspace, path)


async def clear_history(pool: Pool, subject: Subject, workspace: str, path: str) -> None:
    """Forgets the values that the resource had."""
    async with pool.acquire() as connection, connection.transaction():
        await RESOURCES.changeable(connection, subject, workspace, path)
        await resources.delete_versions(connection, workspace, path)
        await audit.record(connection, subject, "resources.clear_history", "Delete", path)


async def version(pool: Pool, subject: Subject, workspace: str, number: int) -> ResourceVersion:
    """One value that a resource had, for who may read the resource."""
    async with pool.acquire() as connection:
        return await _version(connection, subject, workspace, number)


async def restore(pool: Pool, subject: Subject, workspace: str, number: int) -> str:
    """Makes an earlier value the present one again; returns the path."""
    async with pool.acquire() as connection, connection.transaction():
        earlier = await _version(connection, subject, workspace, number)
        old = await RESOURCES.changeable(connection, subject, workspace, earlier.path)
        await _write(connection, subject, old, replace(old, value=earlier.value))
    return earlier.path


def references_in(value: Any) -> list[str]:
    """The ``$var:`` and ``$res:`` references of a value, each once, in order."""
    if isinstance(value, str):
        return [value] if value.startswith(("$var:", "$res:", "$jsonvar:")) else []
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(found for member in members for found in references_in(member)))


async def missing_references(pool: Pool, subject: Subject, workspace: str, value: str | None) -> list[str]:
    """The references of a value (JSON as text) that lead nowhere, as far as the subject can see."""
    async with pool.acquire() as connection:
        return [
            reference
            for reference in references_in(None if value is None else json.decode(value))
            if not await _leads_somewhere(connection, subject, workspace, reference)
        ]


async def _leads_somewhere(connection: Connection, subject: Subject, workspace: str, reference: str) -> bool:
    marker, _, path = reference.partition(":")
    kind = KINDS["resource" if marker == "$res" else "variable"]
    return await kind.is_readable(connection, subject, workspace, path)


async def _version(connection: Connection, subject: Subject, workspace: str, number: int) -> ResourceVersion:
    found = await resources.get_version(connection, workspace, number)
    # The number of a hidden one must not tell its path.
    if found is None or not await RESOURCES.is_readable(connection, subject, workspace, found.path):
        raise NotFound(f"Not found: there is no resource version {number}, or you may not see it")
    return found


async def _write(connection: Connection, subject: Subject, old: Resource, changed: Resource) -> None:
    await resources.update(connection, old.path, changed)
    if changed.value != old.value:
        await _keep_version(connection, changed, subject)
    moved = {"from": old.path} if changed.path != old.path else None
    await audit.record(connection, subject, "resources.update", "Updated", changed.path, moved)


async def _keep_version(connection: Connection, resource: Resource, subject: Subject) -> None:
    if resource.resource_type not in UNVERSIONED_TYPES:
        await resources.add_version(connection, resource, subject.username)


def _stored(value: Raw | UnsetType) -> str | None:
    return None if value is UNSET else checked_json(bytes(value), "the value")
