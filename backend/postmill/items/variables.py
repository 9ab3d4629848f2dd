"""Variables of a workspace: create, read, change, move, delete. Secrets are sealed before they are stored."""

from collections.abc import Sequence

from msgspec.structs import replace

from postmill.access.paths import ItemPath
from postmill.access.policy import require_write
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool, in_transaction
from postmill.items.deletion import delete_items
from postmill.items.descriptions import described, redescribed
from postmill.items.exported_secrets import export_key, exported, imported
from postmill.items.paging import Page
from postmill.kernel import clock
from postmill.kernel.errors import Conflict, InvalidInput
from postmill.kernel.storable import checked_text
from postmill.model.item_filter import ItemFilter
from postmill.model.subject import Subject
from postmill.model.variable import CreateVariable, EditVariable, Variable
from postmill.references.sealing import open_sealed, place_of_argument, place_of_variable, seal
from postmill.references.variables import clear_value
from postmill.tables.instance import audit
from postmill.tables.items import variable as variables
from postmill.tables.items.item_kinds import VARIABLES

MAX_VALUE_LENGTH = 1_000_000


async def create(
    pool: Pool,
    keyring: Keyring,
    subject: Subject,
    workspace: str,
    new: CreateVariable,
    *,
    already_encrypted: bool = False,
) -> None:
    """Raises Conflict for a taken path, NotAuthorized where the subject may not write.

    ``already_encrypted`` says that the value of a secret comes in the exported form.
    """
    path = ItemPath.parse(new.path).text
    require_write(subject, "variable", path)
    text = _checked_value(new.value)
    if already_encrypted and new.is_secret:
        text = imported(text, await export_key(pool, keyring, workspace))
    async with pool.acquire() as connection, connection.transaction():
        variable = Variable(
            workspace_id=workspace,
            path=path,
            value=await _stored(connection, keyring, workspace, path, text, new.is_secret),
            is_secret=new.is_secret,
            account=new.account,
            is_oauth=bool(new.is_oauth),
            expires_at=new.expires_at,
            extra_perms={},
            edited_by=subject.username,
            edited_at=clock.now(),
            **described(new),
        )
        if not await variables.add(connection, variable):
            raise Conflict(f"Bad request: variable {path} already exists")
        await audit.record(connection, subject, "variables.create", "Created", path)


async def update(
    within: Connection,
    keyring: Keyring,
    subject: Subject,
    workspace: str,
    path: str,
    edit: EditVariable,
    *,
    already_encrypted: bool = False,
) -> str:
    """Changes what the edit names, and returns the path, which may be new.

    A moved secret is sealed for its new place.
    """
    new_path = path if edit.path is None else ItemPath.parse(edit.path).text
    async with in_transaction(within) as connection:
        old = await VARIABLES.changeable(connection, subject, workspace, path)
        if new_path != path:
            await VARIABLES.require_free(connection, subject, workspace, new_path)
        is_secret = old.is_secret if edit.is_secret is None else edit.is_secret
        if edit.value is None:
            if old.is_secret and not is_secret:
                raise InvalidInput("Bad request: a secret becomes readable only together with a new value")
            text = await _text_of(connection, keyring, old)
        else:
            text = _checked_value(edit.value)
            if already_encrypted and is_secret:
                text = imported(text, await export_key(connection, keyring, workspace))
        changed = replace(
            old,
            path=new_path,
            value=await _stored(connection, keyring, workspace, new_path, text, is_secret),
            is_secret=is_secret,
            edited_by=subject.username,
            **redescribed(edit),
        )
        await variables.update(connection, path, changed)
        await audit.record(
            connection,
            subject,
            "variables.update",
            "Updated",
            new_path,
            {"from": path} if new_path != path else None,
        )
    return new_path


async def delete(pool: Pool, subject: Subject, workspace: str, paths: Sequence[str]) -> list[str]:
    """All or none; returns the deleted paths. Raises NotFound where there is none that the subject may see."""
    return await delete_items(pool, VARIABLES, variables.delete, subject, workspace, paths)


async def get(pool: Pool, subject: Subject, workspace: str, path: str) -> Variable:
    """The variable; the value of a secret is its sealed record."""
    return await VARIABLES.readable(pool, subject, workspace, path)


async def get_clear(
    pool: Pool, keyring: Keyring, subject: Subject, workspace: str, path: str
) -> tuple[Variable, str]:
    """The variable and its clear value; reading a secret is audited in the same transaction."""
    async with pool.acquire() as connection, connection.transaction():
        variable = await VARIABLES.readable(connection, subject, workspace, path)
        return variable, (await clear_value(connection, keyring, subject, variable)).text


async def get_exported(
    pool: Pool, keyring: Keyring, subject: Subject, workspace: str, path: str
) -> tuple[Variable, str]:
    """The variable and the exported form of its secret; audited like reading it."""
    variable, text = await get_clear(pool, keyring, subject, workspace, path)
    return variable, exported(
        text, await export_key(pool, keyring, workspace)
    ) if variable.is_secret else text


async def exists(connection: Connection, subject: Subject, workspace: str, path: str) -> bool:
    """Whether there is one that the subject may see."""
    return await VARIABLES.is_readable(connection, subject, workspace, path)


async def list_visible(
    connection: Connection, subject: Subject, workspace: str, wanted: ItemFilter, page: Page
) -> list[Variable]:
    """Those that the subject may see, by path."""
    return await variables.list_visible(
        connection, subject, workspace, wanted, limit=page.limit, offset=page.offset
    )


async def seal_argument(pool: Pool, keyring: Keyring, subject: Subject, workspace: str, text: str) -> str:
    """A text as ``$encrypted:`` arguments carry it; it opens in runs with the subject's identity only."""
    place = place_of_argument(workspace, subject.username)
    async with pool.acquire() as connection:
        return await seal(connection, keyring, workspace, _checked_value(text), place)


async def _stored(
    connection: Connection, keyring: Keyring, workspace: str, path: str, text: str, is_secret: bool
) -> str:
    if not is_secret:
        return text
    return await seal(connection, keyring, workspace, text, place_of_variable(workspace, path))


async def _text_of(connection: Connection, keyring: Keyring, variable: Variable) -> str:
    """The clear text, to be sealed again; nobody gets to see it."""
    if not variable.is_secret:
        return variable.value
    place = place_of_variable(variable.workspace_id, variable.path)
    return await open_sealed(connection, keyring, variable.workspace_id, variable.value, place)


def _checked_value(text: str) -> str:
    if len(text) > MAX_VALUE_LENGTH:
        raise InvalidInput(f"Bad request: the value of a variable has at most {MAX_VALUE_LENGTH} characters")
    return checked_text(text, "the value")
