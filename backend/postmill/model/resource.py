"""A resource: a JSON object of a type, for instance the address and credentials of a database."""

from datetime import datetime

import msgspec
from msgspec import UNSET, Raw, UnsetType

from postmill.model.item_filter import ItemFilter


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is JSON as text; references to variables and other resources stay inside it."""

    workspace_id: str
    path: str
    value: str | None
    description: str
    resource_type: str
    labels: tuple[str, ...]
    ws_specific: bool
    extra_perms: dict[str, bool]
    created_by: str
    edited_at: datetime


class CreateResource(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    resource_type: str
    value: Raw | UnsetType = UNSET
    description: str | None = None
    labels: tuple[str, ...] | None = None
    ws_specific: bool | None = None


class EditResource(msgspec.Struct, frozen=True, kw_only=True):
    """Absent members stay as they are; ``value`` null is the JSON value null."""

    path: str | None = None
    description: str | None = None
    value: Raw | UnsetType = UNSET
    resource_type: str | None = None
    labels: tuple[str, ...] | None = None
    ws_specific: bool | None = None


class EditResourceValue(msgspec.Struct, frozen=True, kw_only=True):
    value: Raw | UnsetType = UNSET


class ResourceVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a resource had; ``value`` is JSON as text, ``number`` counts the values of one resource."""

    id: int
    number: int
    path: str
    value: str | None
    created_by: str
    created_at: datetime


class ResourceType(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of the values of a type. ``schema`` is a JSON Schema as text.

    ``format_extension`` marks a type whose value is one file with that extension.
    """

    workspace_id: str
    name: str
    schema: str | None
    description: str
    format_extension: str | None
    is_fileset: bool
    created_by: str | None
    edited_at: datetime


class NewResourceType(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    schema: Raw | UnsetType = UNSET
    description: str | None = None
    format_extension: str | None = None
    is_fileset: bool | None = None
    workspace_id: str | None = None
    created_by: str | None = None
    edited_at: datetime | None = None


class EditResourceType(msgspec.Struct, frozen=True, kw_only=True):
    schema: Raw | UnsetType = UNSET
    description: str | None = None
    is_fileset: bool | None = None


UNVERSIONED_TYPES: frozenset[str] = frozenset({"state", "cache"})
"""Types that scripts write by the minute: no history is kept of them, and exports leave them out."""


class ResourceFilter(ItemFilter, frozen=True, kw_only=True):
    """A list of resources can be narrowed to types, or to others than some types."""

    resource_types: list[str] | None = None
    excluded_types: list[str] | None = None
