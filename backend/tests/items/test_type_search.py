"""Resource types by words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from postmill.items.type_search import ranked
from postmill.model.resource import ResourceType


def kind(name: str, description: str = "") -> ResourceType:
    settings: dict[str, Any] = {
        "workspace_id": "admins",
        "schema": None,
        "format_extension": None,
        "created_by": None,
    }
    now = datetime.now(UTC)
    return ResourceType(name=name, description=description, is_fileset=False, edited_at=now, **settings)


TYPES = [
    kind("postgresql", "A PostgreSQL database"),
    kind("mysql", "A MySQL or MariaDB database"),
    kind("slack", "Messages to channels"),
    kind("s3", "A bucket of Amazon or what speaks its protocol"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("postgresql", ["postgresql"]),
        ("Postgres", ["postgresql"]),
        ("slakc", ["slack"]),
        ("database", ["mysql", "postgresql"]),
        ("mysql database", ["mysql"]),
        ("bucket", ["s3"]),
        ("nothing alike", []),
        ("", []),
        ("%_'", []),
    ],
)
def test_the_best_come_first(text: str, names: list[str]) -> None:
    found = ranked(text, TYPES, 2 if text == "database" else 1)
    assert [one.name for one, _ in found] == names
    assert all(0 < score <= 1 for _, score in found)
