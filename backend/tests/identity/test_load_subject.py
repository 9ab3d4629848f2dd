"""Whom ``permissioned_as`` names, with their present rights."""

import pytest

from postmill.db.pool import Pool
from postmill.tables.people.workspace_member import load_by_email, load_subject


@pytest.fixture
async def workspace(database: Pool) -> Pool:
    await database.execute(
        """
        INSERT INTO workspace (id, name, owner) VALUES ('main', 'Main', 'root@x.org'), ('other', 'Other', 'root@x.org');
        INSERT INTO account (email, is_superadmin, disabled) VALUES
            ('root@x.org', true, false), ('ann@x.org', false, false), ('off@x.org', false, true);
        INSERT INTO workspace_member (workspace_id, username, email, is_admin, is_operator, disabled) VALUES
            ('main', 'ann', 'ann@x.org', false, true, false),
            ('main', 'bob', 'bob@x.org', true, false, true),
            ('main', 'off', 'off@x.org', true, false, false);
        INSERT INTO workspace_group (workspace_id, name) VALUES ('main', 'all'), ('main', 'crew'), ('other', 'crew');
        INSERT INTO workspace_group_member VALUES ('main', 'crew', 'ann');
        INSERT INTO folder (workspace_id, name, display_name, owners, extra_perms) VALUES
            ('main', 'owned', 'owned', '{g/crew}', '{}'),
            ('main', 'written', 'written', '{}', '{"u/ann": true, "g/all": false}'),
            ('main', 'read', 'read', '{u/bob}', '{"g/all": false}'),
            ('main', 'foreign', 'foreign', '{u/bob}', '{"u/bob": true}'),
            ('other', 'elsewhere', 'elsewhere', '{g/crew}', '{}');
        """
    )
    return database


async def test_a_member_with_groups_and_folders(workspace: Pool) -> None:
    ann = await load_subject(workspace, "main", "u/ann", "ann@x.org")
    assert ann is not None
    assert (ann.username, ann.email, ann.is_operator, ann.is_admin) == ("ann", "ann@x.org", True, False)
    assert ann.groups == {"all", "crew"}
    assert ann.folders == {"owned": "owner", "written": "write", "read": "read"}
    assert await load_by_email(workspace, "main", "ann@x.org") == ann


async def test_a_group_has_its_own_rights_only(workspace: Pool) -> None:
    crew = await load_subject(workspace, "main", "g/crew", "ann@x.org")
    assert crew is not None
    assert crew.groups == {"all", "crew"} and crew.folders == {
        "owned": "owner",
        "written": "read",
        "read": "read",
    }
    assert not crew.is_admin and crew.username == "group-crew"
    again = await load_subject(workspace, "main", crew.permissioned_as, "ann@x.org")
    assert again == crew


@pytest.mark.parametrize(
    ("workspace_id", "permissioned_as"),
    [
        ("main", "u/nobody"),
        ("main", "u/bob"),  # disabled as a member
        ("main", "u/off"),  # disabled as an account
        ("main", "g/nothing"),
        ("main", "ann@x.org/x"),
        ("other", "u/ann"),
        ("nowhere", "u/ann"),
        ("main", ""),
    ],
)
async def test_who_is_gone_may_do_nothing(workspace: Pool, workspace_id: str, permissioned_as: str) -> None:
    assert await load_subject(workspace, workspace_id, permissioned_as, "ann@x.org") is None


async def test_a_superadmin_is_admin_everywhere(workspace: Pool) -> None:
    root = await load_subject(workspace, "other", "u/root@x.org", "root@x.org")
    assert root is not None and root.is_admin and root.is_superadmin and root.username == "root@x.org"
    assert await load_subject(workspace, "nowhere", "root@x.org", "root@x.org") is None


async def test_nobody_enters_an_archived_workspace(workspace: Pool) -> None:
    await workspace.execute("UPDATE workspace SET archived = true")
    assert await load_subject(workspace, "main", "u/ann", "ann@x.org") is None
    assert await load_by_email(workspace, "main", "root@x.org") is None
