"""The archive of a workspace: what the caller may see, secrets as they ask."""

import io
import json
import tarfile
import zipfile
from typing import Any

import httpx
import pytest

from .conftest import Join

TARBALL = "/w/main/workspaces/tarball"


async def fetch(client: httpx.AsyncClient, **params: Any) -> dict[str, str]:
    answer = await client.get(TARBALL, params={"archive_type": "tar", **params})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        return {entry.name: archive.extractfile(entry).read().decode() for entry in archive}  # type: ignore[union-attr]


@pytest.fixture
async def filled(admin: httpx.AsyncClient) -> httpx.AsyncClient:
    for path, body in (
        ("folders/create", {"name": "docs", "summary": "Papers"}),
        (
            "variables/create",
            {"path": "f/docs/plain", "value": "seen", "is_secret": False, "description": "d"},
        ),
        (
            "variables/create",
            {"path": "f/docs/secret", "value": "hunter2", "is_secret": True, "description": ""},
        ),
        ("resources/create", {"path": "f/docs/db", "value": {"host": "x"}, "resource_type": "postgresql"}),
        ("resources/create", {"path": "f/docs/state", "value": {"n": 1}, "resource_type": "state"}),
        ("resources/type/create", {"name": "c_own", "schema": {"type": "object"}, "description": "Ours"}),
        (
            "scripts/create",
            {
                "path": "f/docs/hello",
                "summary": "Hi",
                "description": "",
                "content": "echo hi",
                "language": "bash",
            },
        ),
        (
            "flows/create",
            {"path": "f/docs/steps", "summary": "Steps", "value": {"modules": [], "n": 1.50}, "tag": "t"},
        ),
    ):
        answer = await admin.post(f"/w/main/{path}", json=body)
        assert answer.is_success, answer.text
    return admin


async def test_it_holds_the_workspace(filled: httpx.AsyncClient) -> None:
    files = await fetch(filled, include_users=True, include_groups=True)
    assert set(files) == {
        "f/docs/folder.meta.json",
        "f/docs/plain.variable.json",
        "f/docs/steps.flow.json",
        "f/docs/secret.variable.json",
        "f/docs/db.resource.json",
        "c_own.resource-type.json",
        "f/docs/hello.sh",
        "f/docs/hello.script.json",
        "users/admin@example.com.user.json",
        "groups/all.group.json",
    }
    assert files["f/docs/hello.sh"] == "echo hi"
    assert json.loads(files["f/docs/hello.script.json"])["summary"] == "Hi"
    flow = json.loads(files["f/docs/steps.flow.json"])
    assert (flow["summary"], flow["tag"], flow["value"]["modules"]) == ("Steps", "t", [])
    assert '"n": 1.5' in files["f/docs/steps.flow.json"]
    assert json.loads(files["f/docs/db.resource.json"])["value"] == {"host": "x"}
    assert json.loads(files["f/docs/plain.variable.json"])["value"] == "seen"


@pytest.mark.parametrize(
    ("params", "endings"),
    [
        ({}, (".ts", ".deno.ts", ".fetch.ts", ".ts")),
        ({"default_ts": "deno"}, (".bun.ts", ".ts", ".fetch.ts", ".bun.ts")),
    ],
)
async def test_typescript_files_end_as_clients_expect(
    filled: httpx.AsyncClient, params: dict[str, str], endings: tuple[str, ...]
) -> None:
    languages = ("bun", "deno", "nativets", "bunnative")
    for language in languages:
        body = {"path": f"f/docs/{language}", "content": "export function main() {}", "language": language}
        answer = await filled.post("/w/main/scripts/create", json={**body, "summary": ""})
        assert answer.is_success, answer.text
    files = await fetch(filled, **params)
    for language, ending in zip(languages, endings, strict=True):
        assert f"f/docs/{language}{ending}" in files


async def test_secrets_are_sealed_clear_or_left_out_as_asked(filled: httpx.AsyncClient) -> None:
    name = "f/docs/secret.variable.json"
    assert "hunter2" not in (await fetch(filled))[name]
    assert json.loads((await fetch(filled, plain_secret=True))[name])["value"] == "hunter2"
    assert name not in await fetch(filled, skip_secrets=True)
    read = (await filled.get("/w/main/audit/list?operation=variables.decrypt_secret")).json()
    assert [entry["resource"] for entry in read] == ["f/docs/secret"] * 2


async def test_others_get_what_they_may_see(filled: httpx.AsyncClient, join: Join) -> None:
    bob = await join("bob")
    assert set(await fetch(bob)) == {"c_own.resource-type.json"}


async def test_kinds_of_archives(filled: httpx.AsyncClient) -> None:
    answer = await filled.get(TARBALL, params={"archive_type": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "f/docs/hello.sh" in archive.namelist()
    refused = await filled.get(TARBALL, params={"archive_type": "rar"})
    assert refused.status_code == 400 and refused.text.startswith("Invalid Archive Type")


async def test_settings_the_key_and_shared_dependencies_come_along_when_asked_for(
    filled: httpx.AsyncClient, join: Join
) -> None:
    await filled.post("/w/main/workspaces/change_workspace_color", json={"color": "#123abc"})
    for body in ({"name": "team", "content": "tinyx==1"}, {"content": "all==2"}):
        body = {"workspace_id": "main", "language": "python3", **body}
        assert (await filled.post("/w/main/workspace_dependencies/create", json=body)).status_code == 201
    files = await fetch(filled, include_settings=True, include_key=True, include_workspace_dependencies=True)
    settings = json.loads(files["settings.json"])
    assert (settings["name"], settings["color"]) == ("Main", "#123abc")
    assert "workspace_id" not in settings
    key = (await filled.get("/w/main/workspaces/encryption_key")).json()["key"]
    assert json.loads(files["encryption_key.json"]) == key
    assert files["dependencies/team.requirements.in"] == "tinyx==1"
    assert files["dependencies/requirements.in"] == "all==2"
    # The key is for superadmins, in an archive as elsewhere.
    ann = await join("ann", is_admin=True)
    assert (await ann.get(TARBALL, params={"include_key": True})).status_code == 403
    assert "encryption_key.json" not in await fetch(ann, include_settings=True)
