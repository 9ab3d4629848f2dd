"""Secrets that expressions read reach the steps, and nobody who looks at their records."""

from typing import Any

from postmill.items.variables import create
from postmill.model.variable import CreateVariable
from postmill.tables.people.workspace_member import load_subject
from postmill.tables.workspaces import workspace_key
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import loop, prepare, script, transform
from tests.flow_driver.test_restarts import Restarts

SECRET = "correct-horse-battery"


async def stored(works: Works) -> str:
    """Everything that is kept about runs, apart from what scripts returned."""
    rows = await works.pool.fetch(
        "SELECT args::text AS text FROM job UNION ALL SELECT items FROM flow_items"
        " UNION ALL SELECT content FROM job_log UNION ALL SELECT state FROM flow_state"
    )
    return "\n".join(row["text"] for row in rows)


async def with_secret(works: Works) -> list[dict[str, Any]]:
    """A workspace with a secret and another variable; returns what ``take`` is given from now on."""
    prepare(works)
    got: list[dict[str, Any]] = []
    works.scripts.functions["take"] = lambda **args: got.append(args)
    alice = await load_subject(works.pool, "main", "u/alice", "alice@example.com")
    assert alice is not None
    await workspace_key.insert(works.pool, "main", 1, works.keyring.new_wrapped_key("main", 1))
    for path, value, is_secret in (("u/alice/key", SECRET, True), ("u/alice/plain", "in the open", False)):
        new = CreateVariable(path=path, value=value, is_secret=is_secret)
        await create(works.pool, works.keyring, alice, "main", new)
    return got


async def test_inputs_made_of_secrets_are_sealed(works: Works) -> None:
    got = await with_secret(works)
    async with works.working():
        step = script(
            "a", "take", header="'Bearer ' + variable('u/alice/key')", n="flow_env.other", env="flow_env.env",
            plain="variable('u/alice/plain')", deep="({a: [variable('u/alice/key')]})",
        )  # fmt: skip
        assert await works.run(step, flow_env={"env": "$var:u/alice/key", "other": 7}) == ("success", None)
    assert got == [
        {"header": f"Bearer {SECRET}", "n": 7, "plain": "in the open", "env": SECRET, "deep": {"a": [SECRET]}}
    ]
    kept = await stored(works)
    assert SECRET not in kept
    assert '"plain":"in the open"' in kept and '"n":7' in kept


async def test_flows_inside_and_turns_read_what_is_sealed(works: Works) -> None:
    got = await with_secret(works)
    await Restarts(works, 9).deploy(
        "u/alice/inner",
        script(
            "o", "take", same="flow_input.header", part="flow_input.deep.a[0].slice(0, 3)", n="flow_input.n"
        ),
        script("p", "take", {"pass_flow_input_directly": True}),
    )
    inputs = {
        "header": "encodeURI(variable('u/alice/key'))",
        "deep": "({a: [variable('u/alice/key')]})",
        "n": 3,
    }
    subflow = {
        "type": "flow", "path": "u/alice/inner",
        "input_transforms": {name: transform(value) for name, value in inputs.items()},
    }  # fmt: skip
    items = "[variable('u/alice/key'), 'other']"
    retried = {"retry": {"constant": {"attempts": 1}}}
    failing = script("f", "fail", retried, key="variable('u/alice/key')")
    async with works.working():
        assert await works.run({"id": "s", "value": subflow}) == ("success", None)
        assert got.pop() == {"header": SECRET, "deep": {"a": [SECRET]}, "n": 3}
        assert got.pop() == {"same": SECRET, "part": SECRET[:3], "n": 3}
        plain = loop("l", items, script("x", "take", item="flow_input.iter.value"))
        longer = loop("k", items, script("y", "take", item="flow_input.iter.value + '!'"), script("z"))
        assert (await works.run(plain, longer))[0] == "success"
        assert [call["item"] for call in got] == [SECRET, "other", f"{SECRET}!", "other!"]
        assert (await works.run(failing))[0] == "failure"
        assert works.scripts.calls[-2:] == [("fail", {"key": SECRET})] * 2
    assert SECRET not in await stored(works)


async def test_a_step_that_runs_as_somebody_else_reads_nothing_for_the_flow(works: Works) -> None:
    got = await with_secret(works)
    await works.pool.execute(
        """INSERT INTO account (email) VALUES ('bob@example.com');
           INSERT INTO workspace_member (workspace_id, username, email) VALUES ('main', 'bob', 'bob@example.com');
           INSERT INTO script (workspace_id, hash, path, content, language, lock, created_by, settings, extra_perms)
           VALUES ('main', 7, 'u/alice/lent', 'take', 'bash', '', 'alice',
             '{"on_behalf_of": "u/alice", "on_behalf_of_email": "alice@example.com"}', '{"u/bob": false}')"""
    )

    def lent(step: str, **inputs: dict[str, Any]) -> dict[str, Any]:
        return {"id": step, "value": {"type": "script", "path": "u/alice/lent", "input_transforms": inputs}}

    def as_bob(module: dict[str, Any]) -> Any:
        job = {"permissioned_as": "u/bob", "email": "bob@example.com", "created_by": "bob"}
        return works.push(module, job=job)

    written = {"type": "static", "value": {"deep": ["$var:u/alice/key"]}}
    made = {"type": "javascript", "expr": "flow_input.iter.value"}
    async with works.working():
        for module in (lent("a", x=written), loop("l", "['no', '$var:u/alice/key']", lent("a", x=made))):
            status, result = await works.result(await as_bob(module))
            assert status == "failure"
            assert "variable u/alice/key does not exist, or you may not see it" in str(result)
    assert got == [{"x": "no"}]
