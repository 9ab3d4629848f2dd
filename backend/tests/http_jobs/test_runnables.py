"""Scripts and flows in one list, page by page, and their counts."""

from typing import Any

import pytest

from .conftest import Api, World


async def add_flow(api: Api, path: str, **more: Any) -> None:
    body = {"path": path, "summary": "", "value": {"modules": []}, **more}
    assert (await api("POST", "flows/create", json=body)).is_success


@pytest.fixture
async def filled(world: World) -> World:
    await world.admin("POST", "folders/create", json={"name": "team"})
    await world.admin.deploy("u/admin/b")
    await add_flow(world.admin, "u/admin/a", summary="Monthly")
    await world.admin.deploy("f/team/d", labels=["x"])
    await add_flow(world.admin, "f/team/c")
    await world.admin.deploy("u/admin/b2")
    return world


async def walk(api: Api, **query: Any) -> list[tuple[str, str]]:
    """Every item, in pages of two."""
    found, cursor = [], None
    for _ in range(10):
        page = await api.get("runnables/list", per_page=2, **query, **({"cursor": cursor} if cursor else {}))
        found += [(item["type"], item["path"]) for item in page["items"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            return found
        assert len(page["items"]) == 2
    raise AssertionError("no end")


NEWEST = [
    ("script", "u/admin/b2"),
    ("flow", "f/team/c"),
    ("script", "f/team/d"),
    ("flow", "u/admin/a"),
    ("script", "u/admin/b"),
]


async def test_pages_hold_everything_once_in_order(filled: World) -> None:
    admin = filled.admin
    assert await walk(admin) == NEWEST
    assert await walk(admin, order_desc=False) == NEWEST[::-1]
    by_name = sorted(NEWEST, key=lambda item: item[1])
    assert await walk(admin, order_by="name", order_desc=False) == by_name
    assert await walk(admin, order_by="name") == by_name[::-1]


async def test_filters(filled: World) -> None:
    admin = filled.admin
    assert await walk(admin, kinds="flow") == [item for item in NEWEST if item[0] == "flow"]
    assert await walk(admin, kinds="app") == []
    assert await walk(admin, path_start="f/team/") == [("flow", "f/team/c"), ("script", "f/team/d")]
    assert await walk(admin, search="MONTH") == [("flow", "u/admin/a")]
    assert await walk(admin, label="x") == [("script", "f/team/d")]
    await admin("POST", "scripts/archive/p/u/admin/b")
    assert ("script", "u/admin/b") not in await walk(admin)
    assert await walk(admin, show_archived=True) == [("script", "u/admin/b")]
    for wrong in ("kinds=none", "cursor=x", "cursor=bnVsbA", "order_by=size", "per_page=0"):
        assert (await admin("GET", f"runnables/list?{wrong}")).status_code == 400, wrong


async def test_counts_and_what_others_see(filled: World) -> None:
    counts = await filled.admin.get("runnables/counts")
    assert counts == {"counts": {"u/admin": 3, "f/team": 2}}
    bob = await filled.member("bob")
    assert await walk(bob) == [] and await bob.get("runnables/counts") == {"counts": {}}
    shared = {"owner": "u/bob", "write": False}
    await filled.admin("POST", "acls/add/flow/u/admin/a", json=shared)
    assert await walk(bob) == [("flow", "u/admin/a")]
    assert await bob.get("runnables/counts", kinds="flow") == {"counts": {"u/admin": 1}}


async def test_small_facts(world: World) -> None:
    assert await world.admin.get("workspaces/get_secondary_storage_names") == []
    named = await world.admin.get("workspaces/get_secondary_storage_names", include_default=True)
    assert named == ["_default_"]
    versions = await world.admin.get("/configs/list_available_python_versions")
    assert versions and all(one.startswith("3.") for one in versions)
    local = await world.admin.get("/settings/local")
    assert local["port"] == 8000 and "database_url" not in local and "instance_key" not in local
    assert (await (await world.member("bob"))("GET", "/settings/local")).status_code == 403


async def test_what_can_be_run_is_described(filled: World) -> None:
    admin = filled.admin
    schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}
    await admin.deploy("u/admin/a_1", schema=schema, summary="Yearly", description="All of it\x7f\x85")
    body = {"info": {"title": "T", "version": "2", "terms_of_service": "none"}, "openapi_spec_format": "json"}
    shown = (await admin("POST", "openapi/generate", json=body)).json()
    assert shown["info"] == {"title": "T", "version": "2", "termsOfService": "none"}
    assert len(shown["paths"]) == 12
    wait = shown["paths"]["/api/w/main/jobs/run_wait_result/p/u/admin/a_1"]["post"]
    assert (
        wait["requestBody"]["required"] and wait["summary"] == "Yearly" and "All of it" in wait["description"]
    )
    assert wait["requestBody"]["content"]["application/json"]["schema"]["required"] == ["year"]
    assert "/api/w/main/jobs/run/f/f/team/c" in shown["paths"]
    one = {
        "user_or_folder_regex": "*",
        "user_or_folder_regex_value": "ad*",
        "path": "a_*",
        "runnable_kind": "script",
    }
    body = {"webhook_filters": [one], "url": "https://x.example/"}
    answer = await admin("POST", "openapi/download", json=body)
    assert answer.headers["content-disposition"] == 'attachment; filename="openapi.yaml"'
    assert '"url": "https://x.example"' in answer.text and answer.text.count('"/api/w/main/jobs/') == 2
    assert "All of it\\u007f\\u0085" in answer.text  # what YAML may not hold as it is
    bob = await filled.member("bob")
    assert (await bob("POST", "openapi/generate", json={"openapi_spec_format": "json"})).json()["paths"] == {}
    for wrong in (
        {"http_route_filters": [{}]},
        {"webhook_filters": [one] * 101},
        {"openapi_spec_format": "xml"},
    ):
        assert (await admin("POST", "openapi/generate", json=wrong)).status_code == 400, wrong


async def test_all_that_the_caller_can_run_is_listed(filled: World) -> None:
    listed = await filled.admin.get("/users/all_runnables")
    assert [(one["kind"], one["endpoint_sync"].partition("/jobs/")[2]) for one in listed] == [
        ("script", "run_wait_result/p/f/team/d"),
        ("script", "run_wait_result/p/u/admin/b"),
        ("script", "run_wait_result/p/u/admin/b2"),
        ("flow", "run_wait_result/f/f/team/c"),
        ("flow", "run_wait_result/f/u/admin/a"),
    ]
    assert await filled.admin.get("/users/all_runnables", page=2, per_page=2) == listed[2:4]
    assert await (await filled.member("bob")).get("/users/all_runnables") == []
    limited = await filled.admin(
        "POST", "/users/tokens/create", json={"label": "x", "scopes": ["scripts:read:f/team/*"]}
    )
    shown = await Api(filled.client, limited.text).get("/users/all_runnables")
    assert [one["endpoint_async"].rpartition("/jobs/")[2] for one in shown] == ["run/p/f/team/d"]
