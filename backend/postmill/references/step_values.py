"""Values of steps that were made of secrets: in job records they stand sealed, and open inside their flow only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection
from postmill.references.sealing import open_sealed, seal

SEALED_VALUE = "$sealed:"


class _Content(msgspec.Struct, frozen=True):
    """A JSON value, and the secret texts in it that logs mask."""

    value: msgspec.Raw
    secrets: list[str]


def place_of_step_value(workspace: str, root_flow: UUID | str, identity: str) -> str:
    """The associated text of a sealed value: it opens in runs of that identity inside that outermost flow."""
    return f"step value:{workspace}:{root_flow}:{identity}"


def holds_sealed_values(text: str) -> bool:
    """Whether JSON text may hold sealed values."""
    return SEALED_VALUE in text


async def seal_value(
    connection: Connection, keyring: Keyring, workspace: str, place: str, text: str, secrets: Sequence[str]
) -> str:
    """The string that stands for a JSON value."""
    content = msgspec.json.encode(_Content(msgspec.Raw(text.encode()), list(secrets))).decode()
    return SEALED_VALUE + await seal(connection, keyring, workspace, content, place)


async def open_value(
    connection: Connection, keyring: Keyring, workspace: str, place: str, text: str
) -> tuple[Any, list[str]]:
    """The value behind such a string and the secrets in it; raises InvalidInput where it does not belong here."""
    record = text.removeprefix(SEALED_VALUE)
    content = msgspec.json.decode(
        await open_sealed(connection, keyring, workspace, record, place), type=_Content
    )
    return msgspec.json.decode(content.value), content.secrets
