"""Reads the value of a variable with the rights of a subject."""

from dataclasses import dataclass
from datetime import datetime

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection
from postmill.kernel import clock
from postmill.kernel.errors import NotFound
from postmill.model.subject import Subject
from postmill.model.variable import Variable
from postmill.references.sealing import open_sealed, place_of_variable
from postmill.tables.instance import audit
from postmill.tables.items.item_kinds import VARIABLES


@dataclass(frozen=True, slots=True)
class VariableValue:
    """The clear text; ``is_secret`` texts are masked wherever they are printed."""

    text: str
    is_secret: bool


async def clear_value(
    connection: Connection, keyring: Keyring, subject: Subject, variable: Variable
) -> VariableValue:
    """Opens a variable that the subject may read; a secret leaves an audit entry.

    The worker of a job learns from that entry which secrets to mask: it is committed before the value is handed out.
    """
    require_unexpired(variable, clock.now())
    if not variable.is_secret:
        return VariableValue(variable.value, is_secret=False)
    workspace = variable.workspace_id
    place = place_of_variable(workspace, variable.path)
    text = await open_sealed(connection, keyring, workspace, variable.value, place)
    await audit.record(
        connection, subject, "variables.decrypt_secret", "Execute", variable.path, workspace_id=workspace
    )
    return VariableValue(text, is_secret=True)


async def read_value(
    connection: Connection, keyring: Keyring, subject: Subject, workspace: str, path: str
) -> VariableValue:
    """The clear value at a path; raises NotFound where there is none or the subject may not read it."""
    variable = await VARIABLES.readable(connection, subject, workspace, path)
    return await clear_value(connection, keyring, subject, variable)


def require_unexpired(variable: Variable, now: datetime) -> None:
    """Raises NotFound for a variable whose time is over."""
    if variable.expires_at is not None and variable.expires_at <= now:
        raise NotFound(f"Not found: variable {variable.path} expired at {variable.expires_at.isoformat()}")
