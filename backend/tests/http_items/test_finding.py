"""Find across the workspace, and what refers to a script."""

from typing import Any

import pytest

FLOW = {
    "modules": [
        {"id": "a", "value": {"type": "script", "path": "f/team/tool", "input_transforms": {}}},
        {
            "id": "b",
            "value": {
                "type": "rawscript", "language": "bash", "content": "echo Needle in a flow",
                "input_transforms": {},
            },
        },
    ]
}  # fmt: skip


@pytest.fixture
async def team(world: Any) -> Any:
    await world.folder("team", alice=True)
    await world.folder("board")
    await world.admin.deploy("f/team/tool", "def helper():\n    pass\n\n\ndef main():\n    pass\n", "python3")
    await world.admin.deploy(
        "f/team/user", "from f.team.tool import helper\n\n\ndef main():\n    return 'needle'\n", "python3"
    )
    await world.admin.deploy("f/team/caller", "wmill script run f/team/tool # needle, Needle")
    await world.admin.deploy("f/team/near", "echo f/team/tool_two f/team/tools/x")
    await world.admin.deploy("f/board/plans", "echo needle f/team/tool")
    flow = {"path": "f/team/flow", "summary": "", "value": FLOW, "schema": {}}
    await world.admin.post("flows/create", flow, 201)
    return world


async def test_code_is_found_with_the_place_of_the_match(team: Any) -> None:
    found = await team.admin.get("scripts/search_code", query="needle")
    assert [(one["path"], one.get("step"), one["lines"][0]["line"]) for one in found] == [
        ("f/board/plans", None, 1),
        ("f/team/caller", None, 1),
        ("f/team/user", None, 5),
        ("f/team/flow", "b", 1),
    ]
    line = found[2]["lines"][0]
    assert line["text"][line["start"] : line["end"]] == "needle"
    exact = await team.admin.get("scripts/search_code", query="Needle", match_case=True)
    assert [one["path"] for one in exact] == ["f/team/caller", "f/team/flow"]
    assert await team.admin.get("scripts/search_code", query="eedl", whole_word=True) == []
    assert await team.admin.get("scripts/search_code", query="100% (no regex)") == []


async def test_a_long_line_is_cut_around_its_match(world: Any) -> None:
    await world.admin.deploy("u/admin/long", "echo " + "x" * 5000 + "needle" + "y" * 5000)
    [found] = await world.admin.get("scripts/search_code", query="needle")
    line = found["lines"][0]
    assert len(line["text"]) == 400
    assert line["text"][line["start"] : line["end"]] == "needle"


async def test_what_refers_to_a_script_is_listed_once_by_its_strongest_way(team: Any) -> None:
    found = await team.admin.get("scripts/references/f/team/tool")
    assert [(one["kind"], one["path"], one["how"]) for one in found] == [
        ("script", "f/team/user", "import"),
        ("flow", "f/team/flow", "step"),
        ("script", "f/board/plans", "mention"),
        ("script", "f/team/caller", "mention"),
    ]


async def test_only_what_the_caller_may_read_is_found(team: Any) -> None:
    alice = await team.member("alice")
    assert "f/board/plans" not in str(await alice.get("scripts/search_code", query="needle"))
    assert "f/board/plans" not in str(await alice.get("scripts/references/f/team/tool"))
    stranger = await team.member("bob")
    assert await stranger.get("scripts/search_code", query="needle") == []
    scripts_only = await team.limited_admin("scripts:read")
    assert {one["kind"] for one in await scripts_only.get("scripts/search_code", query="needle")} == {
        "script"
    }


@pytest.mark.parametrize("query", ["", "  ", "x" * 201, "a\nb", "a\0b"])
async def test_a_search_for_nothing_is_refused_with_a_sentence(world: Any, query: str) -> None:
    await world.admin.refused("GET", "scripts/search_code", 400, params={"query": query})


async def test_languages_are_listed_as_the_registry_has_them(world: Any) -> None:
    listed = await world.admin.get("/languages/list")
    assert {
        "name": "python3",
        "title": "Python",
        "extension": "py",
        "comment_mark": "#",
        "runs_in": "process",
    } in listed
