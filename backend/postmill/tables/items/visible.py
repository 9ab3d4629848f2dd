"""Puts the caller's visibility rule into a named list query.

Such a query holds the marker below where the rule belongs; the rule is the SQL of ``access/visibility.py``,
whose values travel as parameters behind those of the query.
"""

from dataclasses import dataclass
from typing import Any

from asyncpg import Record

from postmill.access.visibility import item_filter
from postmill.db.pool import Connection
from postmill.model.subject import Subject

VISIBLE = "true /* visible */"


@dataclass(frozen=True, slots=True)
class SeenItems:
    """Items of one kind as far as somebody may see them; list queries call their table by the alias."""

    kind: str
    alias: str

    async def fetch(self, connection: Connection, subject: Subject, query: str, *values: Any) -> list[Record]:
        """The rows of a list query, whose own values are given."""
        rule, more = item_filter(subject, self.alias, len(values) + 1, kind=self.kind)
        rows: list[Record] = await connection.fetch(where_visible(query, rule), *values, *more)
        return rows


def where_visible(query: str, rule: str) -> str:
    """The query with the rule in place of the marker; a query without marker is a mistake of ours."""
    if VISIBLE not in query:
        raise ValueError("the query has no place for the visibility rule")
    return query.replace(VISIBLE, f"({rule})")
