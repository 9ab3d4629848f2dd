"""The first start of an instance, also when many servers start at once."""

import asyncio
from pathlib import Path

import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.identity.first_start import ensure_first_admin
from postmill.identity.sign_in import sign_in
from postmill.kernel.errors import InvalidInput
from postmill.kernel.settings import Settings
from postmill.tables.people import workspace_member
from postmill.tables.workspaces import workspace_key

KEYRING = Keyring(bytes(32))


async def test_it_makes_one_admin_two_workspaces_and_a_password_shown_once(database: Pool) -> None:
    settings = Settings(data_dir=Path("/nonexistent"))
    made = await asyncio.gather(*(ensure_first_admin(database, KEYRING, settings) for _ in range(4)))
    first = [one for one in made if one is not None]
    assert len(first) == 1
    assert first[0].password is not None and len(first[0].password) == 20
    assert (await sign_in(database, first[0].email, first[0].password, None)).startswith("pm_ses_")
    assert await ensure_first_admin(database, KEYRING, settings) is None
    for workspace_id in ("admins", "main"):
        subject = await workspace_member.load_subject(database, workspace_id, "u/admin", first[0].email)
        assert subject is not None and subject.is_admin and subject.is_superadmin
        assert "all" in subject.groups
        key = await workspace_key.newest(database, KEYRING, workspace_id)
        assert KEYRING.open(key, KEYRING.seal(key, "x", "place"), "place") == "x"


async def test_a_chosen_password_and_token_are_not_repeated(database: Pool) -> None:
    settings = Settings(
        data_dir=Path("/nonexistent"),
        admin_email="Boss@Example.com",
        admin_password="chosen by me",
        admin_token="pm_tok_chosen-by-me-too",
    )
    first = await ensure_first_admin(database, KEYRING, settings)
    assert first is not None and first.email == "boss@example.com" and first.password is None
    assert await sign_in(database, "boss@example.com", "chosen by me", None)
    rows = str(await database.fetch("SELECT * FROM token")) + str(
        await database.fetch("SELECT * FROM account")
    )
    assert "chosen by me" not in rows and "chosen-by-me-too" not in rows


async def test_a_bad_address_stops_the_first_start(database: Pool) -> None:
    with pytest.raises(InvalidInput):
        await ensure_first_admin(
            database, KEYRING, Settings(data_dir=Path("/nonexistent"), admin_email="nobody")
        )
