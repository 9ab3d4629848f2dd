"""All paths of a workspace, as far as their reader may see them."""

from typing import Any


async def test_paths_of_all_kinds_are_listed_once_and_in_order(world: Any) -> None:
    await world.folder("shop", alice=False)
    await world.admin.deploy("f/shop/both", "echo 1")
    await world.admin.deploy("f/shop/gone", "echo 1")
    await world.admin.post("scripts/archive/p/f/shop/gone")
    flow = {"path": "f/shop/both", "summary": "", "value": {"modules": []}, "schema": {}}
    await world.admin.post("flows/create", flow, 201)
    variable = {"path": "u/admin/key", "value": "1", "is_secret": True, "description": ""}
    await world.admin.post("variables/create", variable, 201)
    resource = {"path": "f/shop/db", "value": {}, "resource_type": "any"}
    await world.admin.post("resources/create", resource, 201)
    alice = await world.member("alice")
    shown = await world.admin.get("path_autocomplete/list_paths")
    assert shown == {"paths": ["f/shop/both", "f/shop/db", "u/admin/key"]}
    assert await alice.get("path_autocomplete/list_paths", force=True) == {
        "paths": ["f/shop/both", "f/shop/db"]
    }
    bob = await world.member("bob")
    assert await bob.get("path_autocomplete/list_paths") == {"paths": []}
