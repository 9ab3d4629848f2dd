"""Inputs of steps that were made of secrets are stored sealed, and opened for expressions that read them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from postmill.db.pool import Connection
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.surroundings import Surroundings
from postmill.model.job import NewJob
from postmill.references.step_values import (
    SEALED_VALUE,
    holds_sealed_values,
    open_value,
    place_of_step_value,
    seal_value,
)

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


async def opened(around: Surroundings, flow: FlowInHand, text: str) -> tuple[str, list[str]]:
    """JSON text with its sealed values opened, and the secrets in them. Raises InvalidInput."""
    if not holds_sealed_values(text):
        return text, []
    row = flow.row
    secrets: list[str] = []
    place = place_of_step_value(row.workspace_id, flow.origin.root, row.permissioned_as)

    async def value(found: Any) -> Any:
        if isinstance(found, str) and found.startswith(SEALED_VALUE):
            clear, within = await open_value(connection, around.keyring, row.workspace_id, place, found)
            secrets.extend(within)
            return clear
        if isinstance(found, list):
            return [await value(item) for item in found]
        if isinstance(found, dict):
            return {name: await value(member) for name, member in found.items()}
        return found

    async with around.pool.acquire() as connection:
        clear = await value(msgspec.json.decode(text))
    return msgspec.json.encode(clear).decode(), secrets


async def sealed_items(around: Surroundings, flow: FlowInHand, text: str, secrets: Sequence[str]) -> str:
    """What a loop goes over, each item sealed; anything but a list stays as it is."""
    try:
        items = _list.decode(text)
    except msgspec.DecodeError:
        return text
    place = place_of_step_value(flow.row.workspace_id, flow.origin.root, flow.row.permissioned_as)
    async with around.pool.acquire() as connection:
        return await _sealed_list(connection, around, flow, place, items, secrets)


async def _sealed_list(
    connection: Connection,
    around: Surroundings,
    flow: FlowInHand,
    place: str,
    items: Sequence[msgspec.Raw],
    secrets: Sequence[str],
) -> str:
    sealed = [
        await seal_value(
            connection, around.keyring, flow.row.workspace_id, place, bytes(item).decode(), secrets
        )
        for item in items
    ]
    return msgspec.json.encode(sealed).decode()


async def sealed_args(
    around: Surroundings, root: UUID, job: NewJob, secrets: Mapping[str, Sequence[str]]
) -> str:
    """The arguments of a child with those inputs sealed in whose making secrets were read."""
    place = place_of_step_value(job.workspace_id, root, job.permissioned_as)
    members = _members.decode(job.args)
    async with around.pool.acquire() as connection:
        for name, within in secrets.items():
            if name in members:
                text = bytes(members[name]).decode()
                sealed = await seal_value(connection, around.keyring, job.workspace_id, place, text, within)
                members[name] = msgspec.Raw(msgspec.json.encode(sealed))
    return msgspec.json.encode(members).decode()
