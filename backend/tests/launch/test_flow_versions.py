"""Deployed flows as the launcher and the workers load them."""

from postmill.db.pool import Pool
from postmill.kernel.clock import now
from postmill.launch.flow_versions import FlowVersions
from postmill.model.flow_document import FlowDocument, FlowSettings
from postmill.tables.items import flow as flows


def _flow(value: str) -> FlowDocument:
    return FlowDocument(
        workspace_id="w", path="f/a/flow", version=0, summary="s", description="", value=value, schema=None,
        settings=FlowSettings(tag="t"), archived=False, extra_perms={}, lock_job=None, lock_error_logs=None,
        deployment_message=None, created_by="ann", created_at=now(),
    )  # fmt: skip


EMPTY = '{"modules": []}'
STEP = '{"modules": [{"id": "a", "value": {"type": "identity"}}]}'


async def test_versions_are_loaded_kept_and_dropped(database: Pool) -> None:
    await database.execute("INSERT INTO workspace (id, name, owner) VALUES ('w', 'W', 'a@b.c')")
    versions = FlowVersions(database, None)
    assert await versions.deployed("w", "f/a/flow") is None
    await flows.add(database, "w", "f/a/flow", {"u/bob": True})
    first = await flows.add_version(database, _flow(EMPTY))
    loaded = await versions.deployed("w", "f/a/flow")
    assert loaded is not None
    assert (loaded.document.version, loaded.value.modules) == (first, ())
    assert loaded.document.settings.tag == "t"
    second = await flows.add_version(database, _flow(STEP))
    assert await versions.deployed("w", "f/a/flow") is loaded
    versions.forget("w:f/a/flow")
    fresh = await versions.deployed("w", "f/a/flow")
    assert fresh is not None
    assert (fresh.document.version, [step.id for step in fresh.value.modules]) == (second, ["a"])
    old = await versions.by_version("w", first)
    assert old is not None
    assert old.document.value == EMPTY
    assert await versions.by_version("other", first) is None
    assert await flows.set_archived(database, "w", "f/a/flow", True)
    versions.forget("")
    assert await versions.deployed("w", "f/a/flow") is None
    assert await versions.by_version("w", second) is not None


async def test_a_flow_moves_with_its_versions(database: Pool) -> None:
    await database.execute("INSERT INTO workspace (id, name, owner) VALUES ('w', 'W', 'a@b.c')")
    await flows.add(database, "w", "f/a/flow", {})
    for value in (EMPTY, STEP):
        await flows.add_version(database, _flow(value))
    await flows.move(database, "w", "f/a/flow", "f/b/moved")
    assert len(await flows.history(database, "w", "f/b/moved", 10)) == 2
    moved = await flows.head(database, "w", "f/b/moved")
    assert moved is not None
    assert moved.value == STEP
    assert await flows.delete(database, "w", "f/b/moved")
    assert await flows.history(database, "w", "f/b/moved", 10) == []
