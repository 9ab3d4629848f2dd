"""Result sets on their way into a result: in memory while small, elsewhere once they are not."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from postmill.languages.rows import (
    Column,
    Export,
    GrowingRows,
    JsonRows,
    Row,
    RowSink,
    RowsTooLarge,
    rows_of_result,
)

COLUMNS = [Column("n", "int"), Column("x", "decimal"), Column("f", "float"), Column("j", "json")]


class Elsewhere:
    """Large rows that are only remembered."""

    beyond_bytes = 100

    def __init__(self) -> None:
        self.columns: Sequence[Column] = ()
        self.rows: list[Row] = []
        self.aborted = False

    def stored(self) -> RowSink:
        return self

    def exported(self, export: Export) -> RowSink:
        return self

    async def open(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    async def write(self, batch: Sequence[Row]) -> None:
        self.rows += batch

    async def close(self) -> str:
        return json.dumps({"rows": len(self.rows)})

    async def abort(self) -> None:
        self.aborted = True


async def _written(sink: RowSink, columns: Sequence[Column], *batches: Sequence[Row]) -> str:
    await sink.open(columns)
    for batch in batches:
        await sink.write(batch)
    return await sink.close()


async def test_rows_become_objects_with_exact_numbers_in_the_order_of_the_columns() -> None:
    rows = [
        (2**70, Decimal("0.10"), 1.5, msgspec.Raw(b'{"b": 1, "a": [2]}')),
        (None, Decimal("NaN"), float("-inf"), [1, None, "x"]),
    ]
    text = await _written(JsonRows(10_000), COLUMNS, rows[:1], [], rows[1:])
    assert text == (
        '[{"n":1180591620717411303424,"x":0.10,"f":1.5,"j":{"b": 1, "a": [2]}},'
        '{"n":null,"x":"NaN","f":"-Infinity","j":[1,null,"x"]}]'
    )


async def test_no_rows_are_an_empty_list() -> None:
    assert await _written(JsonRows(10), COLUMNS) == "[]"


async def test_of_columns_with_one_name_the_last_stands() -> None:
    columns = [Column("a", "int"), Column("b", "int"), Column("a", "int")]
    assert await _written(JsonRows(100), columns, [(1, 2, 3)]) == '[{"a":3,"b":2}]'


async def test_more_bytes_than_a_result_may_have_are_refused() -> None:
    sink = rows_of_result(None, 60)
    await sink.open([Column("t", "text")])
    await sink.write([("x" * 20,)])
    with pytest.raises(RowsTooLarge):
        await sink.write([("x" * 40,)])


async def test_few_rows_stay_in_memory() -> None:
    elsewhere = Elsewhere()
    assert await _written(GrowingRows(elsewhere), [Column("n", "int")], [(1,)], [(2,)]) == (
        '[{"n":1},{"n":2}]'
    )
    assert elsewhere.columns == ()


@pytest.mark.parametrize("batches", [1, 7])
async def test_many_rows_go_elsewhere_whole_and_in_order(batches: int) -> None:
    elsewhere = Elsewhere()
    columns = [Column("n", "int")]
    rows: list[Any] = [(number,) for number in range(700)]
    size = 700 // batches
    parts = [rows[start : start + size] for start in range(0, 700, size)]
    assert await _written(rows_of_result(elsewhere, 200), columns, *parts) == '{"rows": 700}'
    assert (elsewhere.columns, elsewhere.rows) == (columns, rows)


async def test_giving_up_reaches_the_place_where_the_rows_are() -> None:
    elsewhere = Elsewhere()
    sink = GrowingRows(elsewhere)
    await sink.open([Column("t", "text")])
    await sink.write([("x" * 200,)])
    await sink.abort()
    assert elsewhere.aborted
