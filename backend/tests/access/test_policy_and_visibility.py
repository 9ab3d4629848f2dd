"""The rule for one object and the rule for lists say the same about every subject and every object."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postmill.access.policy import JobFacts, can_read, can_see_job, can_write
from postmill.access.visibility import item_filter, job_filter
from postmill.kernel import json
from postmill.model.subject import ANONYMOUS, Subject

NAMES = ("alice", "bob", "group-x", "al")
GROUPS = ("x", "y", "all")
FOLDERS = ("x", "docs", "d_cs")
GRANTEES = (*(f"u/{name}" for name in NAMES), *(f"g/{group}" for group in GROUPS))

paths = st.builds(
    lambda kind, owner, rest: f"{kind}/{owner}/{rest}",
    st.sampled_from("ufg"),
    st.sampled_from((*NAMES, *GROUPS, *FOLDERS)),
    st.sampled_from(("a", "a/b", "script", "x/alice")),
)
perms = st.dictionaries(st.sampled_from(GRANTEES), st.booleans(), max_size=3)
scope_lists = st.none() | st.lists(
    st.sampled_from(
        (
            "variables:read",
            "variables:write:f/docs/*",
            "variables:read:u/alice/a,f/x/*",
            "scripts:read",
            "jobs:read",
            "jobs:read:f/docs/*,u/alice/a",
            "*",
            "if_jobs:filter_tags:bash,other",
        )
    ),
    max_size=3,
).map(tuple)
subjects = st.builds(
    Subject,
    email=st.just("somebody@example.com"),
    username=st.sampled_from(NAMES),
    workspace_id=st.just("main"),
    is_admin=st.booleans(),
    is_operator=st.booleans(),
    groups=st.frozensets(st.sampled_from(GROUPS)),
    folders=st.dictionaries(
        st.sampled_from(FOLDERS), st.sampled_from(("read", "write", "owner")), max_size=2
    ),
    scopes=scope_lists,
    read_only=st.booleans(),
    token_kind=st.sampled_from(("session", "user", "job", "anonymous")),
)


@pytest.fixture(scope="module")
async def connection(module_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(module_database_url)
    await opened.execute("CREATE TEMP TABLE item (path text, extra_perms jsonb)")
    await opened.execute(
        "CREATE TEMP TABLE seen_job (workspace_id text, created_by text, permissioned_as text, path text, "
        "visible_to_owner boolean, tag text)"
    )
    await opened.execute("INSERT INTO workspace (id, name, owner) VALUES ('main', 'Main', 'a@example.com')")
    yield opened
    await opened.close()


relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(subject=subjects, path=paths, extra_perms=perms)
async def test_items_in_lists_are_those_that_may_be_read(
    connection: asyncpg.Connection, subject: Subject, path: str, extra_perms: dict[str, bool]
) -> None:
    await connection.execute("TRUNCATE item")
    await connection.execute("INSERT INTO item VALUES ($1, $2::jsonb)", path, json.encode_text(extra_perms))
    rule, values = item_filter(subject, "i", 1, kind="variable")
    listed = await connection.fetchval(f"SELECT count(*) FROM item AS i WHERE {rule}", *values)
    assert bool(listed) == can_read(subject, "variable", path, extra_perms)


@relaxed
@given(
    subject=subjects,
    created_by=st.sampled_from((*NAMES, "anonymous")),
    permissioned_as=st.sampled_from(GRANTEES),
    path=st.none() | paths,
    visible=st.booleans(),
    tag=st.sampled_from(("python3", "bash")),
    extra_perms=perms,
    is_flow=st.booleans(),
    step=st.sampled_from(("", "/a", "/loop-0/b")),
)
async def test_jobs_in_lists_are_those_that_may_be_seen(
    connection: asyncpg.Connection,
    subject: Subject,
    created_by: str,
    permissioned_as: str,
    path: str | None,
    visible: bool,
    tag: str,
    extra_perms: dict[str, bool],
    is_flow: bool,
    step: str,
) -> None:
    await connection.execute("TRUNCATE seen_job")
    await connection.execute("TRUNCATE script, flow CASCADE")
    runnable, path = path, path + step if path is not None and is_flow else path
    await connection.execute(
        "INSERT INTO seen_job VALUES ('main', $1, $2, $3, $4, $5)",
        created_by,
        permissioned_as,
        path,
        visible,
        tag,
    )
    if is_flow and runnable is not None:
        await connection.execute(
            "INSERT INTO flow (workspace_id, path, version_id, extra_perms) VALUES ('main', $1, 1, $2::jsonb)",
            runnable,
            json.encode_text(extra_perms),
        )
    elif path is not None:
        await connection.execute(
            "INSERT INTO script (workspace_id, hash, path, content, language, extra_perms, created_by) "
            "VALUES ('main', 1, $1, '', 'bash', $2::jsonb, 'alice')",
            path,
            json.encode_text(extra_perms),
        )
    job = JobFacts(created_by, permissioned_as, path, visible, tag, extra_perms if path is not None else {})
    rule, values = job_filter(subject, "j", 1)
    listed = await connection.fetchval(f"SELECT count(*) FROM seen_job AS j WHERE {rule}", *values)
    assert bool(listed) == can_see_job(subject, job)


@given(subject=subjects, path=paths, extra_perms=perms)
def test_what_may_be_written_may_be_read(subject: Subject, path: str, extra_perms: dict[str, bool]) -> None:
    if can_write(subject, "variable", path, extra_perms):
        assert can_read(subject, "variable", path, extra_perms)


@given(subject=subjects, path=paths, extra_perms=perms)
def test_more_grants_never_take_rights_away(
    subject: Subject, path: str, extra_perms: dict[str, bool]
) -> None:
    for may in (can_read, can_write):
        if may(subject, "variable", path):
            assert may(subject, "variable", path, extra_perms)


def person(**changes: object) -> Subject:
    facts: dict[str, object] = {"email": "alice@example.com", "username": "alice", "workspace_id": "main"}
    return Subject(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "path", "extra_perms", "read", "write"),
    [
        (person(), "u/alice/a", {}, True, True),
        (person(), "u/bob/a", {}, False, False),
        (person(), "u/bob/a", {"u/alice": False}, True, False),
        (person(), "u/bob/a", {"g/all": True}, True, True),
        (person(groups=frozenset({"x"})), "g/x/a", {}, True, True),
        (person(), "g/x/a", {}, False, False),
        (person(folders={"docs": "read"}), "f/docs/a", {}, True, False),
        (person(folders={"docs": "read"}), "f/docs/a", {"u/alice": True}, True, True),
        (person(folders={"docs": "write"}), "f/docs/a", {"u/alice": False}, True, True),
        (person(folders={"docs": "owner"}), "f/docs/a", {}, True, True),
        (person(folders={"docs": "owner"}), "f/docs2/a", {}, False, False),
        (person(is_admin=True), "u/bob/a", {}, True, True),
        (person(is_operator=True), "u/alice/a", {}, True, False),
        (person(read_only=True), "u/alice/a", {}, True, False),
        (person(scopes=("variables:read",)), "u/alice/a", {}, True, False),
        (person(scopes=("variables:write:u/alice/*",)), "u/alice/a", {}, True, True),
        (person(scopes=("variables:write:u/alice/b",), is_admin=True), "u/alice/a", {}, False, False),
        (person(scopes=()), "u/alice/a", {}, False, False),
        (ANONYMOUS, "u/anonymous/a", {"g/all": True}, False, False),
    ],
)
def test_rights(subject: Subject, path: str, extra_perms: dict[str, bool], read: bool, write: bool) -> None:
    assert can_read(subject, "variable", path, extra_perms) is read
    assert can_write(subject, "variable", path, extra_perms) is write


def test_code_of_operators_keeps_its_state_but_deploys_nothing() -> None:
    code = person(is_operator=True, token_kind="job")
    assert can_write(code, "resource", "u/alice/state")
    assert not can_write(code, "script", "u/alice/script")
