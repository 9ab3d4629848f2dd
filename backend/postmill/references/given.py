"""References that a caller gives to a run which may read more than the caller: what is asked for must be theirs."""

from typing import Any

from postmill.access.scopes import is_limited
from postmill.db.pool import Connection, Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound, PermissionDenied
from postmill.model.subject import Subject
from postmill.references.resolve import JSON_VARIABLE, MAX_DEPTH, RESOURCE, VARIABLE, mentions_references
from postmill.tables.items.item_kinds import RESOURCES, VARIABLES

_NONE = object()
_TOKEN_OF_RUN = "$WM_TOKEN"  # noqa: S105 - the name of a contextual variable


def reads_more(subject: Subject, identity: str, scopes: tuple[str, ...] | None) -> bool:
    """Whether a run as the identity, limited to the scopes, reads by references with rights that the subject lacks."""
    return identity != subject.permissioned_as or (scopes != subject.scopes and is_limited(subject.scopes))


async def require_given(
    pool: Pool, subject: Subject, workspace: str, args: str, schema: str | None = None
) -> None:
    """Raises NotFound where the arguments, or another JSON text, refer to what the subject may not read, at any depth.

    References that resources hold are followed. What the author of the runnable made the default of an argument in its
    ``schema`` (JSON text) may be passed on as it is. Raises PermissionDenied for the token of the run.
    """
    if not mentions_references(args) and _TOKEN_OF_RUN not in args:
        return
    given = json.decode(args)
    defaults = _defaults(schema)
    if defaults and isinstance(given, dict):
        given = {name: value for name, value in given.items() if defaults.get(name, _NONE) != value}
    async with pool.acquire() as connection:
        await _Check(connection, subject, workspace).value(given, 0)


def _defaults(schema: str | None) -> dict[str, Any]:
    properties = json.decode(schema).get("properties") if schema else None
    if not isinstance(properties, dict):
        return {}
    return {
        name: one["default"]
        for name, one in properties.items()
        if isinstance(one, dict) and one.get("default") is not None
    }


class _Check:
    def __init__(self, connection: Connection, subject: Subject, workspace: str) -> None:
        self._connection, self._subject, self._workspace = connection, subject, workspace
        self._seen: set[str] = set()

    async def value(self, value: Any, resources: int) -> None:
        """``resources`` is how many resources lead here."""
        if isinstance(value, str):
            if value.startswith("$") and value not in self._seen:
                self._seen.add(value)
                await self._reference(value, resources)
        elif isinstance(value, dict):
            for member in value.values():
                await self.value(member, resources)
        elif isinstance(value, list):
            for item in value:
                await self.value(item, resources)

    async def _reference(self, text: str, resources: int) -> None:
        if text == _TOKEN_OF_RUN:
            raise PermissionDenied(
                "Permission denied: this runs with rights that you do not have: its token cannot be an argument"
            )
        for marker in (VARIABLE, JSON_VARIABLE):
            if text.startswith(marker):
                path = text.removeprefix(marker)
                read = VARIABLES.readable(self._connection, self._subject, self._workspace, path)
                await self._owned(read, "variables", path)
                return
        if not text.startswith(RESOURCE):
            return
        path = text.removeprefix(RESOURCE)
        if resources >= MAX_DEPTH:
            raise InvalidInput(f"Bad request: resources refer to each other over more than {MAX_DEPTH} steps")
        read_resource = RESOURCES.readable(self._connection, self._subject, self._workspace, path)
        resource = await self._owned(read_resource, "resources", path)
        if resource.value is not None:
            await self.value(json.decode(resource.value), resources + 1)

    async def _owned(self, reading: Any, domain: str, path: str) -> Any:
        try:
            return await reading
        except NotFound as error:
            if not is_limited(self._subject.scopes):
                raise
            raise NotFound(
                f"{error.message}; a reference in the arguments takes the scope {domain}:read:{path} of the token"
            ) from None
