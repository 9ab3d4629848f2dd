"""From what a reader asks for to a query over a file of rows. Pure.

Names never enter the text: columns are ``c0``, ``c1``, ...; values are numbered parameters.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from postmill.kernel.errors import InvalidInput

MOST_ROWS = 10_000
_MOST_CONDITIONS = 50
_MOST_VALUES = 1000

Op = Literal["eq", "ne", "lt", "le", "gt", "ge", "contains", "starts_with", "in", "is_null", "not_null"]
_MOMENTS = {"date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ"}
_COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Condition(msgspec.Struct, frozen=True):
    """One thing that must hold of a row."""

    column: str
    op: Op
    value: Any = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows; ``sort`` names columns, each with ``-`` in front for the largest first."""

    offset: int = 0
    limit: int = 100
    sort: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    search: str = ""


class ColumnFacts(msgspec.Struct, frozen=True):
    """A column as the answer shows it."""

    name: str
    kind: str
    type: str = ""


class Query(msgspec.Struct, frozen=True):
    """Texts with ``$FILE`` in place of the file; ``count`` is None where the count is known without asking."""

    rows: str
    count: str | None
    values: list[Any]


def query_of(asked: Asked, columns: Sequence[ColumnFacts]) -> Query:
    """Raises InvalidInput for a column that is not there and for values that a column cannot be compared with."""
    if not 0 <= asked.offset < 2**53 or not 1 <= asked.limit <= MOST_ROWS:
        raise InvalidInput(f"Bad request: offset counts from 0, and limit lies between 1 and {MOST_ROWS}")
    if len(asked.conditions) > _MOST_CONDITIONS:
        raise InvalidInput(f"Bad request: at most {_MOST_CONDITIONS} filters can be given")
    building = _Building(columns)
    tests = [building.test(condition) for condition in asked.conditions]
    if asked.search:
        tests.append(building.search(asked.search))
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    shown = ", ".join(f"c{place}" for place in range(len(columns)))
    source = f"FROM read_parquet('$FILE'){where}"
    part = f"LIMIT {asked.limit} OFFSET {asked.offset}"
    rows = f"SELECT {shown} {source} {part}"
    if asked.sort:
        # First which rows, by the columns that decide it; then the others of those few. Rows that are equal keep the
        # order of the file, so that pages neither repeat nor leave out any.
        order = ", ".join([*(building.order(name) for name in asked.sort), "file_row_number"])
        numbered = "FROM read_parquet('$FILE', file_row_number = true)"
        chosen = f"SELECT file_row_number {numbered}{where} ORDER BY {order} {part}"
        rows = f"SELECT {shown} {numbered} WHERE file_row_number IN ({chosen}) ORDER BY {order}"
    return Query(rows, f"SELECT count(*) {source}" if tests else None, building.values)


class _Building:
    """A query in the making: the columns by name (of repeated ones, the last), the values so far."""

    def __init__(self, columns: Sequence[ColumnFacts]) -> None:
        self._columns = columns
        self._places = {column.name: place for place, column in enumerate(columns)}
        self.values: list[Any] = []

    def test(self, condition: Condition) -> str:
        place = self._place(condition.column)
        kind = self._columns[place].kind
        if condition.op in ("is_null", "not_null"):
            return f"c{place} IS {'NOT ' if condition.op == 'not_null' else ''}NULL"
        if condition.op in ("contains", "starts_with"):
            return self._like(place, condition.op, condition.value)
        if condition.op == "in":
            values = condition.value
            if not isinstance(values, list) or not values or len(values) > _MOST_VALUES:
                raise InvalidInput(
                    f"Bad request: the filter 'in' takes an array of 1 to {_MOST_VALUES} values"
                )
            listed = ", ".join(self._value(kind, value, condition.column) for value in values)
            return f"{_comparable(place, kind)} IN ({listed})"
        value = self._value(kind, condition.value, condition.column)
        return f"{_comparable(place, kind)} {_COMPARISONS[condition.op]} {value}"

    def search(self, text: str) -> str:
        tests = [self._like(place, "contains", text) for place in range(len(self._columns))]
        return f"({' OR '.join(tests)})" if tests else "false"

    def order(self, name: str) -> str:
        descending = name.startswith("-") and name not in self._places
        place = self._place(name[1:] if descending else name)
        ordered = _comparable(place, self._columns[place].kind)
        return f"{ordered} {'DESC' if descending else 'ASC'} NULLS LAST"

    def _place(self, name: str) -> int:
        if name not in self._places:
            known = ", ".join(list(self._places)[:20])
            raise InvalidInput(f"Bad request: the rows have no column {name[:80]!r}; they have: {known}")
        return self._places[name]

    def _like(self, place: int, op: str, value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise InvalidInput(f"Bad request: the filter {op!r} takes a text")
        function = "contains" if op == "contains" else "starts_with"
        return f"{function}(lower(c{place}::VARCHAR), lower({self._parameter(value, 'VARCHAR')}))"

    def _value(self, kind: str, value: Any, column: str) -> str:
        wrong = InvalidInput(
            f"Bad request: the column {column!r} holds {kind} and cannot be compared with {value!r:.80}"
        )
        if kind == "bool":
            if not isinstance(value, bool):
                raise wrong
            return self._parameter(value, "BOOLEAN")
        if kind in ("int", "float", "decimal"):
            if isinstance(value, str):
                value = _number(value)
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise wrong
            return self._parameter(value, "DOUBLE")
        if not isinstance(value, str):
            raise wrong
        parameter = self._parameter(value, "VARCHAR")
        return f"TRY_CAST({parameter} AS {_MOMENTS[kind]})" if kind in _MOMENTS else parameter

    def _parameter(self, value: Any, kind: str) -> str:
        if isinstance(value, str) and "\0" in value:
            raise InvalidInput("Bad request: a filter holds a NUL character")
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


def _comparable(place: int, kind: str) -> str:
    """A column in a form that sorts as its kind does."""
    if kind in ("int", "decimal"):
        # Kept as text where they have more digits than a machine number.
        return f"TRY_CAST(c{place} AS DOUBLE)"
    if kind in _MOMENTS:
        return f"TRY_CAST(c{place} AS {_MOMENTS[kind]})"
    return f"c{place}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
