"""The query of the lists."""

from datetime import datetime

import pytest

from postmill.http.api.jobs.lists.filters import ListQuery, chosen, filters, scope_of
from postmill.http.api.jobs.reading.read import member_at
from postmill.kernel.errors import InvalidInput
from postmill.model.job_record import ANY, Chosen
from postmill.model.subject import Subject

ALICE = Subject(email="alice@example.com", username="alice", workspace_id="main")
ROOT = Subject(email="root@example.com", username="root", workspace_id="admins", is_superadmin=True)


def test_lists_of_values_and_their_negation() -> None:
    assert chosen("a,b") == Chosen(wanted=("a", "b"))
    assert chosen("!a, b") == Chosen(unwanted=("a", "b"))
    assert chosen("!a,!b") == Chosen(unwanted=("a", "b"))
    assert chosen("") is chosen(None) is chosen("!,") is ANY


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        (ListQuery(), None),
        (ListQuery(success=True), ("skipped", "success")),
        (ListQuery(success=False), ("canceled", "failure")),
        (ListQuery(status="canceled"), ("canceled",)),
        (ListQuery(success=True, is_skipped=False), ("success",)),
        (ListQuery(success=True, status="failure"), ()),
    ],
)
def test_ends_that_the_members_allow_together(query: ListQuery, statuses: tuple[str, ...] | None) -> None:
    assert filters(query, ALICE, "main", "any").statuses == statuses


@pytest.mark.parametrize(
    "query",
    [
        ListQuery(success=True, running=True),
        ListQuery(page=0),
        ListQuery(page=10**12),
        ListQuery(per_page=0),
        ListQuery(args="{"),
        ListQuery(result='"\\u0000"'),
        ListQuery(created_before=datetime(2026, 1, 1)),
    ],
)
def test_contradictions_and_malformed_values_are_refused(query: ListQuery) -> None:
    with pytest.raises(InvalidInput, match="Bad request"):
        filters(query, ALICE, "main", "any")


def test_pages_are_capped() -> None:
    wanted = filters(ListQuery(per_page=10**9, page=2), ALICE, "main", "any")
    assert (wanted.limit, wanted.offset) == (10_000, 10_000)
    assert filters(ListQuery(page=3), ALICE, "main", "any", paged=False).offset == 0


def test_all_workspaces_are_for_superadmins_in_the_workspace_admins() -> None:
    assert scope_of(ROOT, "admins", True) is None
    assert scope_of(ROOT, "main", True) == "main"
    assert scope_of(ALICE, "admins", True) == "admins"


@pytest.mark.parametrize(
    ("path", "found"), [("a.0.b", 1), ("$.a.0", {"b": 1}), ("a.9", None), ("a.x", None), ("b.c.d", None)]
)
def test_members_of_results(path: str, found: object) -> None:
    assert member_at({"a": [{"b": 1}], "b": 1}, path) == found
