"""What refers to a moved script follows it, in new versions, as far as the mover may write."""

import json
from typing import Any

import pytest

AN_INPUT = {"id": "q", "value": {"type": "script", "path": "f/team/tool"}}
OLD, NEW = "f/team/tool", "f/team/parts/tool_two"
IMPORTER = "from f.team.tool import helper\n\n\ndef main():\n    return helper()\n"
FLOW = {
    "modules": [
        {
            "id": "a",
            "value": {
                "type": "script", "path": OLD,
                "input_transforms": {"x": {"type": "static", "value": AN_INPUT}},
            },
        },
        {
            "id": "loop",
            "value": {
                "type": "forloopflow", "iterator": {"type": "static", "value": []}, "skip_failures": False,
                "modules": [
                    {
                        "id": "b",
                        "value": {
                            "type": "rawscript", "language": "python3", "input_transforms": {},
                            "content": "from f.team.tool import helper\n\n\ndef main():\n    pass\n",
                        },
                    }
                ],
            },
        },
    ]
}  # fmt: skip


@pytest.fixture
async def team(world: Any) -> Any:
    await world.folder("team", alice=True)
    await world.folder("board")
    await world.folder("readable", alice=False)
    await world.admin.deploy("f/readable/user", IMPORTER, "python3")
    own = "from .near import word\n\n\ndef helper():\n    pass\n\n\ndef main():\n    pass\n"
    await world.admin.deploy("f/team/near", "word = 1\n\n\ndef main():\n    pass\n", "python3")
    await world.admin.deploy(OLD, own, "python3")
    await world.admin.deploy("f/team/user", IMPORTER, "python3", tag="special")
    await world.admin.deploy("f/board/user", IMPORTER, "python3")
    await world.admin.deploy("f/team/caller", f"wmill script run {OLD}")
    flow = {"path": "f/team/flow", "summary": "Kept", "value": FLOW, "schema": {}}
    await world.admin.post("flows/create", flow, 201)
    await world.admin.post(f"scripts/move/{OLD}", {"new_path": NEW})
    return world


def paths(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["kind"], one["path"]) for one in found]


async def code(who: Any, path: str) -> str:
    script: dict[str, str] = await who.get(f"scripts/get/p/{path}")
    return script["content"]


async def follow(who: Any) -> dict[str, Any]:
    outcome: dict[str, Any] = json.loads(await who.post(f"scripts/follow_move/{OLD}", {"new_path": NEW}))
    return outcome


async def test_imports_and_steps_follow_and_texts_are_told(team: Any) -> None:
    outcome = await follow(team.admin)
    assert paths(outcome["updated"]) == [
        ("script", NEW), ("script", "f/board/user"), ("script", "f/readable/user"),
        ("script", "f/team/user"), ("flow", "f/team/flow"),
    ]  # fmt: skip
    assert paths(outcome["left"]) == [("script", "f/team/caller")]
    assert (await code(team.admin, NEW)).startswith("from f.team.near import word\n")
    changed = await team.admin.get("scripts/get/p/f/team/user")
    assert changed["content"].startswith("from f.team.parts.tool_two import helper\n")
    assert changed["tag"] == "special"
    [version, _] = await team.admin.get("scripts/history/p/f/team/user")
    assert version["deployment_msg"] == f"Follows {OLD} to {NEW}"
    flow = await team.admin.get("flows/get/f/team/flow")
    first, loop = flow["value"]["modules"]
    assert first["value"]["path"] == NEW
    assert first["value"]["input_transforms"]["x"]["value"]["value"]["path"] == OLD, "an input is no step"
    assert "from f.team.parts.tool_two import helper" in loop["value"]["modules"][0]["value"]["content"]
    assert flow["summary"] == "Kept"

    again = await follow(team.admin)
    assert again["updated"] == []


async def test_what_the_mover_may_not_write_stays_and_what_they_may_not_read_is_not_told(team: Any) -> None:
    outcome = await follow(await team.member("alice"))
    told = paths(outcome["updated"] + outcome["left"])
    assert ("script", "f/board/user") not in told
    assert ("script", "f/readable/user") in paths(outcome["left"])
    assert ("script", "f/team/user") in paths(outcome["updated"])
    for kept in ("f/board/user", "f/readable/user"):
        assert await code(team.admin, kept) == IMPORTER


async def test_a_token_for_scripts_changes_no_flow(team: Any) -> None:
    outcome = await follow(await team.limited_admin("scripts:write", "flows:read"))
    [flow] = [one for one in outcome["left"] if one["kind"] == "flow"]
    assert "may not change flow" in flow["reason"]


async def test_bad_moves_are_refused(team: Any) -> None:
    for body, status in (
        ({"new_path": OLD}, 400),
        ({"new_path": "f/team/nothing_here"}, 404),
        ({"new_path": "../../etc"}, 400),
        ({}, 400),
    ):
        await team.admin.post(f"scripts/follow_move/{OLD}", body, status)
