"""Sealed inputs of a step that a run of its own takes over: opened and sealed anew, without leaving the server."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.references.step_values import (
    SEALED_VALUE,
    holds_sealed_values,
    open_value,
    place_of_step_value,
    seal_value,
)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The run from which inputs are taken. ``root`` and ``identity``: where what is sealed in it opens."""

    workspace: str
    job: UUID
    root: UUID
    identity: str
    args: str


async def taken_over(
    pool: Pool, keyring: Keyring, args: Mapping[str, Any], source: Source, new_root: UUID
) -> dict[str, Any]:
    """The arguments with sealed inputs of the source sealed for the run ``new_root`` of the same identity.

    Raises InvalidInput for a sealed value that the source does not hold: what was deleted there stays closed.
    """
    if not holds_sealed_values(json.encode_text(args)):
        return dict(args)
    known = set(_sealed_texts(json.decode(source.args)))
    old = place_of_step_value(source.workspace, source.root, source.identity)
    new = place_of_step_value(source.workspace, new_root, source.identity)

    async def value(connection: Connection, given: Any) -> Any:
        if isinstance(given, str) and given.startswith(SEALED_VALUE):
            if given not in known:
                raise InvalidInput(f"Bad request: a sealed argument is no input of run {source.job}")
            clear, secrets = await open_value(connection, keyring, source.workspace, old, given)
            text = json.encode_text(clear)
            return await seal_value(connection, keyring, source.workspace, new, text, secrets)
        if isinstance(given, list):
            return [await value(connection, item) for item in given]
        if isinstance(given, dict):
            return {name: await value(connection, member) for name, member in given.items()}
        return given

    async with pool.acquire() as connection:
        return {name: await value(connection, given) for name, given in args.items()}


def _sealed_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.startswith(SEALED_VALUE) else []
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for member in members for text in _sealed_texts(member)]
