"""The grammar of scopes, and which scopes lie within which."""

import pytest

from postmill.access.scopes import allows, allows_some, is_subset, parse_scope, visible_tags
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
