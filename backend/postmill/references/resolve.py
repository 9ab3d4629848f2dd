"""Replaces references inside JSON values by what they refer to, with the rights of a subject.

A string is a reference when it starts with ``$var:`` (text of a variable), ``$jsonvar:`` (its text parsed as JSON),
``$res:`` (value of a resource, its own references resolved), ``$encrypted:`` (a sealed argument), ``$sealed:`` (an
input of a step that was made of secrets), or when it is ``$NAME`` of a contextual variable. Objects are searched at
any depth, arrays to ARRAY_DEPTH and ARRAY_ITEMS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.references import variables
from postmill.references.sealing import open_sealed, place_of_argument
from postmill.references.step_values import SEALED_VALUE, open_value, place_of_step_value
from postmill.tables.items.item_kinds import RESOURCES

ARRAY_DEPTH = 2
ARRAY_ITEMS = 1000
MAX_DEPTH = 50

VARIABLE = "$var:"
JSON_VARIABLE = "$jsonvar:"
RESOURCE = "$res:"
SEALED = "$encrypted:"
_MARKERS = (VARIABLE, JSON_VARIABLE, RESOURCE, SEALED, SEALED_VALUE)
ROOT_FLOW = "WM_ROOT_FLOW_JOB_ID"
JOB = "WM_JOB_ID"


def mentions_references(args: str) -> bool:
    """Whether the JSON text may hold a reference; cheap, so that most runs skip all of this."""
    return "$" in args and any(marker in args for marker in _MARKERS)


def holds_references(value: str) -> bool:
    """Whether JSON text holds strings that ``Resolution`` may replace; sure only where it says no."""
    return '"$' in value or "\\u0024" in value


@dataclass
class Resolution:
    """One resolution: who asks, where, and the secrets it has met."""

    connection: Connection
    keyring: Keyring
    subject: Subject
    workspace: str
    contextual: Mapping[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    is_inside_run: bool = True
    """Whether this is the run of ``contextual``, and may open what was sealed for it."""
    _open_resources: list[str] = field(default_factory=list)

    async def value(self, value: Any, depth: int = 0, array_depth: int = 0) -> Any:
        """The value with its references resolved; raises NotFound or InvalidInput that name the reference."""
        if isinstance(value, str):
            return await self._text(value) if value.startswith("$") else value
        if not isinstance(value, dict | list):
            return value
        if depth >= MAX_DEPTH:
            raise InvalidInput(
                f"Bad request: a value with references is nested deeper than {MAX_DEPTH} levels"
            )
        if isinstance(value, dict):
            return {key: await self.value(member, depth + 1, array_depth) for key, member in value.items()}
        if array_depth >= ARRAY_DEPTH or len(value) > ARRAY_ITEMS:
            return value
        return [await self.value(item, depth + 1, array_depth + 1) for item in value]

    async def _text(self, text: str) -> Any:
        if text.startswith(VARIABLE):
            return await self._variable(text.removeprefix(VARIABLE))
        if text.startswith(JSON_VARIABLE):
            path = text.removeprefix(JSON_VARIABLE)
            return _parsed(path, await self._variable(path))
        if text.startswith(RESOURCE):
            return await self._resource(text.removeprefix(RESOURCE))
        if text.startswith(SEALED):
            return await self._sealed(text.removeprefix(SEALED))
        if text.startswith(SEALED_VALUE):
            return await self._sealed_value(text)
        return self.contextual.get(text[1:], text)

    async def _variable(self, path: str) -> str:
        found = await variables.read_value(self.connection, self.keyring, self.subject, self.workspace, path)
        if found.is_secret:
            self.secrets.append(found.text)
        return found.text

    async def _resource(self, path: str) -> Any:
        if path in self._open_resources:
            circle = " -> ".join([*self._open_resources, path])
            raise InvalidInput(f"Bad request: resources refer to each other in a circle: {circle}")
        if len(self._open_resources) >= MAX_DEPTH:
            raise InvalidInput(f"Bad request: resources refer to each other over more than {MAX_DEPTH} steps")
        resource = await RESOURCES.readable(self.connection, self.subject, self.workspace, path)
        self._open_resources.append(path)
        try:
            return await self.value(None if resource.value is None else json.decode(resource.value))
        finally:
            self._open_resources.pop()

    async def _sealed(self, record: str) -> Any:
        place = place_of_argument(self.workspace, self.subject.username)
        text = await open_sealed(self.connection, self.keyring, self.workspace, record, place)
        self.secrets.append(text)
        return text

    async def _sealed_value(self, text: str) -> Any:
        # A run of its own that took a step's inputs over is what they are sealed for.
        root = self.contextual.get(ROOT_FLOW) or self.contextual.get(JOB, "") if self.is_inside_run else ""
        place = place_of_step_value(self.workspace, root, self.subject.permissioned_as)
        value, secrets = await open_value(self.connection, self.keyring, self.workspace, place, text)
        self.secrets.extend(secrets)
        return value


def _parsed(path: str, text: str) -> Any:
    """The message never holds the text: it may be a secret."""
    try:
        return json.decode(text)
    except InvalidInput:
        raise InvalidInput(
            f"Bad request: variable {path} is used as $jsonvar: but does not hold JSON"
        ) from None


async def resolve_args(
    pool: Pool,
    keyring: Keyring,
    subject: Subject,
    args: str,
    contextual: Mapping[str, str] | None = None,
) -> tuple[str, list[str]]:
    """The arguments (a JSON object as text) with references resolved, and the secret texts to mask.

    The rights are those of ``subject`` in its workspace. Arguments without references come back untouched. A missing
    or forbidden reference raises NotFound with its path; the audit entries of opened secrets stay in any case.
    """
    if not mentions_references(args):
        return args, []
    workspace = subject.workspace_id
    if workspace is None:
        raise InvalidInput("Bad request: references are resolved inside a workspace")
    async with pool.acquire() as connection:
        resolution = Resolution(connection, keyring, subject, workspace, contextual or {})
        resolved = await resolution.value(json.decode(args))
    return json.encode_text(resolved), resolution.secrets
