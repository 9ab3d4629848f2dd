"""The grammar of scopes, and which scopes lie within which."""

import pytest

from postmill.access.scopes import (
    allows,
    allows_some,
    is_subset,
    keeps_limits_of_runs,
    only_changing_jobs,
    parse_scope,
    scopes_of_runs,
    visible_tags,
)
from postmill.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("scopes", "domain", "action", "path", "kind", "allowed"),
    [
        (None, "scripts", "write", None, None, True),
        ((), "scripts", "read", None, None, False),
        (("scripts:read",), "scripts", "read", "f/a/x", None, True),
        (("scripts:read",), "scripts", "write", "f/a/x", None, False),
        (("scripts:write",), "scripts", "read", "f/a/x", None, True),
        (("scripts:write",), "scripts", "run", "f/a/x", None, False),
        (("apps:write",), "apps", "run", "f/a/x", None, True),
        (("jobs:run:scripts:f/a/x",), "jobs", "run", "f/a/x", "scripts", True),
        (("jobs:run:scripts:f/a/x",), "jobs", "run", "f/a/y", "scripts", False),
        (("jobs:run:scripts:f/a/x",), "jobs", "run", "f/a/x", "flows", False),
        (("jobs:run:scripts:f/a/x,f/b/*",), "jobs", "run", "f/b/deep/er", "scripts", True),
        (("jobs:run:scripts:f/b/*",), "jobs", "run", "f/b", "scripts", True),
        (("jobs:run:scripts:f/b/*",), "jobs", "run", "f/bc/x", "scripts", False),
        (("jobs:run:scripts:*",), "jobs", "run", "f/bc/x", "scripts", True),
        (("variables:read:u/bob/x",), "variables", "read", None, None, False),
        (("*",), "settings", "write", None, None, True),
        (("*:read",), "jobs", "read", None, None, True),
        (("if_jobs:filter_tags:a",), "scripts", "write", None, None, True),
    ],
)
def test_allows(
    scopes: tuple[str, ...] | None,
    domain: str,
    action: str,
    path: str | None,
    kind: str | None,
    allowed: bool,
) -> None:
    assert allows(scopes, domain, action, path, kind) is allowed


def test_a_token_for_some_paths_may_enter_the_domain() -> None:
    assert allows_some(("variables:read:u/bob/x",), "variables", "read")
    assert not allows_some(("variables:read:u/bob/x",), "variables", "write")


@pytest.mark.parametrize(
    "text", ["", "scripts", "nonsense:read", "scripts:fly", "scripts:read:scripts:,", ":read"]
)
def test_unknown_scopes_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_scope(text)


@pytest.mark.parametrize(
    ("asked", "held", "within"),
    [
        (None, None, True),
        (["scripts:write"], None, True),
        (None, ("scripts:write",), False),
        (["scripts:read"], ("scripts:write",), True),
        (["scripts:write"], ("scripts:read",), False),
        (["scripts:write:f/a/*"], ("scripts:write",), True),
        (["scripts:write"], ("scripts:write:f/a/*",), False),
        (["scripts:write:f/a/b/*"], ("scripts:write:f/a/*",), True),
        (["scripts:write:f/a/b"], ("scripts:write:f/a/*",), True),
        (["scripts:write:f/*"], ("scripts:write:f/a/*",), False),
        (["jobs:run"], ("jobs:run:scripts",), False),
        (["jobs:run:scripts"], ("jobs:run",), True),
        (["*"], ("scripts:write",), False),
        ([], ("scripts:write",), True),
        (["if_jobs:filter_tags:a"], ("if_jobs:filter_tags:a,b",), True),
        (["if_jobs:filter_tags:a,c"], ("if_jobs:filter_tags:a,b",), False),
        (None, ("if_jobs:filter_tags:a",), False),
    ],
)
def test_is_subset(asked: list[str] | None, held: tuple[str, ...] | None, within: bool) -> None:
    assert is_subset(asked, held) is within


def test_tag_filters_hide_jobs_and_limit_nothing_else() -> None:
    assert visible_tags(("if_jobs:filter_tags:b,a", "if_jobs:filter_tags:c")) == ("a", "b", "c")
    assert visible_tags(("jobs:read",)) is None
    assert allows(("if_jobs:filter_tags:a",), "scripts", "write", "f/a/b")
    assert not allows((), "scripts", "read", "f/a/b")


@pytest.mark.parametrize(
    ("held", "limited"),
    [
        (None, False),
        (("*",), False),
        (("if_jobs:filter_tags:a",), False),
        (("jobs:run",), False),
        (("jobs:run:scripts:f/a/*", "scripts:read", "variables:write"), False),
        (("jobs:run", "scripts:write"), True),
        (("jobs:run", "scripts:write:f/a/*"), True),
        (("jobs:run", "flows:*"), True),
        (("jobs:run", "workspace_dependencies:write"), True),
        (("*:write", "jobs:run"), True),
        (("*:*:f/a/*",), True),
    ],
)
def test_runs_have_the_limits_of_a_token_that_may_change_code(
    held: tuple[str, ...] | None, limited: bool
) -> None:
    assert scopes_of_runs(held) == (held if limited else None)


@pytest.mark.parametrize(
    ("asked", "held", "kept"),
    [
        (("jobs:run",), None, True),
        (("jobs:run",), ("*",), True),
        (("jobs:run",), ("jobs:run", "tokens:write"), True),
        (("jobs:run",), ("jobs:run", "scripts:write"), False),
        (("jobs:run:scripts:f/a/b",), ("jobs:run", "flows:write:f/b/*"), False),
        (("jobs:run", "scripts:write:f/a/*"), ("jobs:run", "scripts:write"), True),
        (("scripts:read",), ("jobs:run", "scripts:write"), True),
        (None, ("jobs:run", "scripts:write"), False),
    ],
)
def test_fewer_scopes_do_not_make_runs_stronger(
    asked: tuple[str, ...] | None, held: tuple[str, ...] | None, kept: bool
) -> None:
    assert keeps_limits_of_runs(asked, held) is kept


def test_the_scopes_that_change_jobs() -> None:
    assert only_changing_jobs(("jobs:read", "jobs:write:f/a/*", "if_jobs:filter_tags:a")) == (
        "jobs:write:f/a/*",
        "if_jobs:filter_tags:a",
    )
    assert only_changing_jobs(("jobs:read:f/a/*", "jobs:write")) == ("jobs:read:f/a/*", "jobs:write")
    assert only_changing_jobs(None) is None
