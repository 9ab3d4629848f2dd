"""References in arguments and imports between scripts, with the rights of a subject."""

import asyncio

import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.deploy.create import create_script
from postmill.identity.first_start import ensure_first_admin
from postmill.items import resources, variables
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound, PostmillError
from postmill.kernel.settings import Settings
from postmill.model.resource import CreateResource, Resource
from postmill.model.script import NewScript
from postmill.model.subject import Subject
from postmill.model.variable import CreateVariable
from postmill.references.resolve import ARRAY_ITEMS, holds_references, resolve_args
from postmill.references.resources import ResourceReader
from postmill.references.scripts import readable_source
from postmill.tables.people.workspace_member import load_subject

KEYRING = Keyring(b"k" * 32)
ALICE = Subject(email="alice@example.com", username="alice", workspace_id="main", folders={"team": "read"})


@pytest.fixture
async def admin(database: Pool) -> Subject:
    """The first admin, with a secret and a resource in a folder that alice reads, and a secret that she does not."""
    await ensure_first_admin(database, KEYRING, Settings(admin_password="a long password"))
    subject = await load_subject(database, "main", "u/admin", "admin@example.com")
    assert subject is not None
    for path, value in (("f/team/secret", "pw"), ("u/admin/secret", "hidden")):
        new = CreateVariable(path=path, value=value, is_secret=True)
        await variables.create(database, KEYRING, subject, "main", new)
    value = json.Raw(b'{"z":"$var:f/team/secret","a":1}')
    new_resource = CreateResource(path="f/team/db", resource_type="any", value=value)
    await resources.create(database, subject, "main", new_resource)
    return subject


async def _resolved(database: Pool, subject: Subject, args: object) -> tuple[object, list[str]]:
    text, secrets = await resolve_args(database, KEYRING, subject, json.encode_text(args), {"WM_X": "here"})
    return json.decode(text), secrets


async def test_references_become_values_and_secrets_are_named_for_masking(
    database: Pool, admin: Subject
) -> None:
    args = {
        "v": "$var:f/team/secret",
        "r": "$res:f/team/db",
        "x": "$WM_X",
        "n": {"d": {"p": "$var:f/team/secret"}},
    }
    resolved, secrets = await _resolved(database, ALICE, args)
    assert resolved == {"v": "pw", "r": {"z": "pw", "a": 1}, "x": "here", "n": {"d": {"p": "pw"}}}
    assert set(secrets) == {"pw"}
    audited = await database.fetch(
        "select username, resource from audit where action = 'variables.decrypt_secret'"
    )
    assert {(row["username"], row["resource"]) for row in audited} == {("alice", "f/team/secret")}


async def test_arguments_without_references_come_back_untouched(database: Pool, admin: Subject) -> None:
    text = '{ "a" : "costs $5",  "b": 1.0 }'
    assert await resolve_args(database, KEYRING, ALICE, text) == (text, [])


async def test_long_and_deep_arrays_stay_as_they_are(database: Pool, admin: Subject) -> None:
    reference = "$var:f/team/secret"
    long = [reference] * (ARRAY_ITEMS + 1)
    resolved, _ = await _resolved(database, ALICE, {"a": [[reference, [reference]]], "b": long})
    assert resolved == {"a": [["pw", [reference]]], "b": long}


@pytest.mark.parametrize(
    ("args", "kind", "word"),
    [
        ({"a": "$var:u/admin/secret"}, NotFound, "u/admin/secret"),
        ({"a": "$var:u/admin/nothing"}, NotFound, "u/admin/nothing"),
        ({"a": "$res:f/team/nothing"}, NotFound, "f/team/nothing"),
        ({"a": "$jsonvar:f/team/secret"}, InvalidInput, "does not hold JSON"),
        ({"a": "$encrypted:AAAA"}, PostmillError, "encrypted"),
        ({"a": "$var:"}, NotFound, "variable"),
    ],
)
async def test_what_is_missing_or_forbidden_is_named_without_its_value(
    database: Pool, admin: Subject, args: object, kind: type[Exception], word: str
) -> None:
    with pytest.raises(kind, match=word) as refused:
        await _resolved(database, ALICE, args)
    assert "pw" not in str(refused.value)


async def test_a_sealed_argument_opens_for_who_sealed_it_alone(database: Pool, admin: Subject) -> None:
    sealed = await variables.seal_argument(database, KEYRING, ALICE, "main", "token")
    assert "token" not in sealed
    resolved, secrets = await _resolved(database, ALICE, {"a": f"$encrypted:{sealed}"})
    assert (resolved, secrets) == ({"a": "token"}, ["token"])
    with pytest.raises(InvalidInput):
        await _resolved(database, admin, {"a": f"$encrypted:{sealed}"})


async def test_imports_are_read_with_the_rights_of_the_run(database: Pool, admin: Subject) -> None:
    code = "def helper():\n    return 1\n"
    for path in ("f/team/lib", "u/admin/lib"):
        await create_script(database, admin, "main", NewScript(path=path, content=code, language="python3"))
    assert await readable_source(database, ALICE, "main", "f/team/lib") == code
    assert await readable_source(database, ALICE, "main", "f/team/nothing") is None
    with pytest.raises(NotFound, match="u/admin/lib is imported here, but alice may not read it"):
        await readable_source(database, ALICE, "main", "u/admin/lib")


async def test_resources_are_read_together_with_the_rights_of_each(database: Pool, admin: Subject) -> None:
    await resources.create(
        database, admin, "main", CreateResource(path="u/admin/own", resource_type="any", value=json.Raw(b"1"))
    )
    reader = ResourceReader(database)
    asked = [
        reader.readable(ALICE, "main", "f/team/db"),
        reader.readable(ALICE, "main", "u/admin/own"),
        reader.readable(admin, "main", "u/admin/own"),
        reader.readable(admin, "main", "f/team/none"),
        reader.readable(admin, "admins", "f/team/db"),
    ]
    team, hidden, own, missing, elsewhere = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(team, Resource) and team.path == "f/team/db"
    assert isinstance(own, Resource) and own.value == "1"
    assert {type(error) for error in (hidden, missing, elsewhere)} == {NotFound}


async def test_a_resource_is_read_after_it_was_asked_for(database: Pool, admin: Subject) -> None:
    reader = ResourceReader(database)
    for number in range(3):
        await database.execute("UPDATE resource SET value = $1 WHERE path = 'f/team/db'", str(number))
        assert (await reader.readable(admin, "main", "f/team/db")).value == str(number)


async def test_who_gives_up_keeps_nobody_from_an_answer(database: Pool, admin: Subject) -> None:
    reader = ResourceReader(database)
    tasks = [asyncio.create_task(reader.readable(admin, "main", "f/team/db")) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    cancelled, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert all(isinstance(found, Resource) for found in others)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"a": 1}', False), ('{"a": "$var:f/a/b"}', True), ('["$WM_JOB_ID"]', True), ('"\\u0024res:f/a/b"', True),
        ('"costs $5"', False),
    ],
)  # fmt: skip
def test_values_without_references_are_known(value: str, expected: bool) -> None:
    assert holds_references(value) == expected
