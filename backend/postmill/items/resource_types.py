"""Resource types: a workspace sees its own and those of workspace ``admins``."""

import re
from typing import Any

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from postmill.access.policy import is_bypassing, require_developer
from postmill.db.pool import Connection, Pool
from postmill.kernel import clock, json
from postmill.kernel.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from postmill.kernel.storable import checked_json, checked_text
from postmill.model.resource import EditResourceType, NewResourceType, ResourceType
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import resource_type as resource_types

_NAME = re.compile(r"[\w-]{1,50}", re.ASCII)
_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")


def checked_type_name(name: str) -> str:
    """Raises InvalidInput for anything but 1 to 50 letters, digits, ``_`` and ``-``."""
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"Bad request: {name[:60]!r} is not a resource type: letters, digits, _ and -, at most 50 characters"
        )
    return name


async def create(pool: Pool, subject: Subject, workspace: str, new: NewResourceType) -> None:
    """Raises Conflict when the workspace has a type of that name."""
    _require_type_author(subject)
    kind = ResourceType(
        workspace_id=workspace,
        name=checked_type_name(new.name),
        schema=_stored_schema(new.schema),
        description=checked_text(new.description or "", "the description"),
        format_extension=_checked_extension(new.format_extension),
        is_fileset=bool(new.is_fileset),
        created_by=subject.username,
        edited_at=clock.now(),
    )
    async with pool.acquire() as connection, connection.transaction():
        if not await resource_types.add(connection, kind):
            raise Conflict(f"Bad request: resource type {kind.name} already exists")
        await audit.record(connection, subject, "resource_types.create", "Created", kind.name)


async def update(pool: Pool, subject: Subject, workspace: str, name: str, edit: EditResourceType) -> None:
    """Changes a type of this workspace; types that come from workspace ``admins`` are changed there."""
    _require_type_author(subject)
    async with pool.acquire() as connection, connection.transaction():
        old = await _own(connection, workspace, name)
        changed = replace(
            old,
            schema=old.schema if edit.schema is UNSET else _stored_schema(edit.schema),
            description=old.description
            if edit.description is None
            else checked_text(edit.description, "the description"),
            is_fileset=old.is_fileset if edit.is_fileset is None else edit.is_fileset,
        )
        await resource_types.update(connection, changed)
        await audit.record(connection, subject, "resource_types.update", "Updated", name)


async def delete(pool: Pool, subject: Subject, workspace: str, name: str) -> None:
    """Removes a type of this workspace, for admins; resources of the type stay."""
    if not is_bypassing(subject):
        raise PermissionDenied("Require Admin privileges for deleting a resource type")
    async with pool.acquire() as connection, connection.transaction():
        await _own(connection, workspace, name)
        await resource_types.delete(connection, workspace, name)
        await audit.record(connection, subject, "resource_types.delete", "Delete", name)


async def get(pool: Pool, workspace: str, name: str) -> ResourceType:
    """Raises NotFound where neither the workspace nor ``admins`` has such a type."""
    kind = await resource_types.get(pool, workspace, name)
    if kind is None:
        raise NotFound(f"Not found: resource type {name[:60]} does not exist")
    return kind


async def exists(pool: Pool, workspace: str, name: str) -> bool:
    return await resource_types.get(pool, workspace, name) is not None


async def list_all(pool: Pool, workspace: str) -> list[ResourceType]:
    """All types that the workspace sees, by name."""
    return await resource_types.list_all(pool, workspace)


async def file_extensions(pool: Pool, workspace: str) -> dict[str, dict[str, Any]]:
    """The types whose values are files, with their extension."""
    return {
        kind.name: {"format_extension": kind.format_extension, "is_fileset": kind.is_fileset}
        for kind in await resource_types.list_all(pool, workspace)
        if kind.format_extension is not None or kind.is_fileset
    }


async def _own(connection: Connection, workspace: str, name: str) -> ResourceType:
    kind = await resource_types.get(connection, workspace, name)
    if kind is None:
        raise NotFound(f"Not found: resource type {name[:60]} does not exist")
    if kind.workspace_id != workspace:
        raise InvalidInput(
            f"Bad request: resource type {name} belongs to workspace {kind.workspace_id}: change it there"
        )
    return kind


def _require_type_author(subject: Subject) -> None:
    require_developer(subject)
    if subject.read_only:
        raise PermissionDenied("Permission denied: this token may only read")


def _stored_schema(schema: Raw | UnsetType) -> str | None:
    if schema is UNSET:
        return None
    text = checked_json(bytes(schema), "the schema")
    if not isinstance(json.decode(text), dict | type(None)):
        raise InvalidInput("Bad request: the schema of a resource type must be a JSON object")
    return None if text == "null" else text


def _checked_extension(extension: str | None) -> str | None:
    if extension is None or extension == "":
        return None
    if _EXTENSION.fullmatch(extension) is None:
        raise InvalidInput("Bad request: format_extension must be a file extension such as json or tar.gz")
    return extension
