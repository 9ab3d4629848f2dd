"""Values under the workspace's data key: where each kind of sealed record belongs."""

from postmill.crypto.workspace_keys import CannotOpen, Keyring, key_id_of
from postmill.db.pool import Connection
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.tables.workspaces import workspace_key


def place_of_variable(workspace: str, path: str) -> str:
    """The associated text of a variable's record: it opens at this path of this workspace only."""
    return f"variable:{workspace}:{path}"


def place_of_argument(workspace: str, username: str) -> str:
    """The associated text of a sealed argument: it opens in runs with the identity of who sealed it."""
    return f"argument:{workspace}:{username}"


async def seal(connection: Connection, keyring: Keyring, workspace: str, plaintext: str, place: str) -> str:
    """The plaintext under the newest data key of the workspace."""
    data_key = await workspace_key.newest(connection, keyring, workspace)
    return keyring.seal(data_key, plaintext, place)


async def open_sealed(
    connection: Connection, keyring: Keyring, workspace: str, record: str, place: str
) -> str:
    """The plaintext of a record; raises InvalidInput when the record does not belong to the place."""
    try:
        data_key = await workspace_key.by_id(connection, keyring, workspace, key_id_of(record))
        return keyring.open(data_key, record, place)
    except (CannotOpen, NotFound) as error:
        raise InvalidInput(f"Bad request: the encrypted value cannot be opened: {error}") from None
