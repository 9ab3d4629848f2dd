"""How new scripts of a workspace begin."""

import httpx
import pytest

from .conftest import Join

PATH = "/w/main/workspaces/default_scripts"
CHOSEN = {"order": ["bash", "python3"], "hidden": ["go"], "default_script_content": {"bash": "set -eu\n"}}


async def test_admins_choose_and_members_see(admin: httpx.AsyncClient, join: Join) -> None:
    bob = await join("bob")
    assert (await bob.get(PATH)).json() == {}
    assert (await bob.post(PATH, json=CHOSEN)).status_code == 403
    assert (await admin.post(PATH, json=CHOSEN)).status_code == 200
    assert (await bob.get(PATH)).json() == CHOSEN
    assert (await admin.get("/w/main/workspaces/get_settings")).json()["default_scripts"] == CHOSEN
    assert (await admin.post(PATH)).status_code == 200
    assert (await bob.get(PATH)).json() == {}


@pytest.mark.parametrize(
    "body",
    [
        {"order": "bash"},
        {"order": ["x" * 51]},
        {"hidden": ["a"] * 301},
        {"default_script_content": {"bash": "x" * 20_001}},
        {"default_script_content": {"bash": "a\0b"}},
    ],
)
async def test_what_cannot_be_a_default_is_refused(admin: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await admin.post(PATH, json=body)).status_code == 400
