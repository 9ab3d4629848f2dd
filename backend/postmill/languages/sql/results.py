"""The result of an SQL script: which statements and rows of them it consists of."""

from collections.abc import Sequence

from postmill.languages.rows import (
    Column,
    Export,
    GrowingRows,
    JsonRows,
    LargeRows,
    Row,
    RowSink,
    RowsTooLarge,
    encode_json,
    json_value,
    row_objects,
    rows_of_result,
    untold_columns,
)
from postmill.languages.sql.failure import SqlFailed
from postmill.signatures.sql_script import Directives


class Results:
    """Gives each result set its sink, and puts the answers together."""

    def __init__(self, wishes: Directives, most_bytes: int, large: LargeRows | None) -> None:
        self._collection = wishes.collection
        self._export = wishes.export
        self._most_bytes = most_bytes
        self._left_bytes = most_bytes
        self._large = large
        self._sink: RowSink | None = None
        self._done: list[str] = []
        self._instead: str | None = None
        self._columns: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the finished result in their order, where it is a list of rows that does not tell them."""
        is_one = (
            self._instead is None and len(self._done) == 1 and self._collection.statements != "all_statements"
        )
        return self._columns if is_one else ()

    @property
    def first_only(self) -> bool:
        """Whether rows behind the first of a result set are not needed."""
        return self._collection.rows.startswith("first_row")

    @property
    def may_be_stored(self) -> bool:
        """Whether the rows of one result set are the result, and go into a file when they are many."""
        is_list = self._collection.rows == "all_rows" and self._collection.statements != "all_statements"
        return is_list and self._export is None and self._large is not None

    def wants(self, *, is_last: bool) -> bool:
        """Whether the rows of a statement belong to the result."""
        return is_last or self._collection.statements != "last_statement"

    async def begin(self, *, is_alone: bool) -> RowSink:
        """The sink for the next result set; ``is_alone`` where it is the only one of which rows are kept."""
        if self._collection.statements == "last_statement":
            await self._forget()
        await self._end()
        self._sink = self._make(is_alone or self._collection.statements == "last_statement")
        return self._sink

    def be(self, result: str) -> None:
        """Makes JSON text the result, whatever rows there were. Raises RowsTooLarge."""
        if len(result) > self._most_bytes:
            raise RowsTooLarge
        self._instead = result

    async def finish(self) -> str:
        """The result as JSON text."""
        await self._end()
        if self._instead is not None:
            return self._instead
        statements = self._collection.statements
        if statements == "all_statements" or (statements == "legacy" and len(self._done) > 1):
            return "[" + ",".join(self._done) + "]"
        if self._done:
            return self._done[-1]
        return "null" if self.first_only else "[]"

    async def abort(self) -> None:
        """Nothing of the rows is kept."""
        sink, self._sink = self._sink, None
        if sink is not None:
            await sink.abort()

    async def _forget(self) -> None:
        await self.abort()
        self._done = []

    async def _end(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            text = await sink.close()
            self._columns = ()
            if isinstance(sink, JsonRows | GrowingRows) and text.startswith("["):
                self._columns = untold_columns(sink.columns, text)
            self._left_bytes -= len(text)
            if self._left_bytes < 0:
                raise RowsTooLarge
            self._done.append(text)

    def _make(self, alone: bool) -> RowSink:
        if self._export is not None:
            return self._exported()
        rows = self._collection.rows
        if rows == "all_rows":
            return rows_of_result(self._large, self._left_bytes) if alone else JsonRows(self._left_bytes)
        if rows == "all_rows_scalar":
            return Scalars(self._left_bytes)
        return FirstScalar() if rows == "first_row_scalar" else FirstRow()

    def _exported(self) -> RowSink:
        wish = self._export
        assert wish is not None
        if self._large is None:
            raise SqlFailed("-- s3 needs an object store, and this worker has none")
        if wish.format not in ("json", "csv", "parquet"):
            raise SqlFailed(f"-- s3 format={wish.format} is not known: json, csv and parquet are")
        try:
            return self._large.exported(Export(wish.prefix, wish.storage, wish.format))  # type: ignore[arg-type]
        except ValueError as error:
            raise SqlFailed(str(error)) from None


class FirstRow:
    """The first row as an object; null where there is none."""

    def __init__(self) -> None:
        self._columns: Sequence[Column] = ()
        self._row: Row | None = None

    async def open(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    async def write(self, batch: Sequence[Row]) -> None:
        if self._row is None and batch:
            self._row = batch[0]

    async def close(self) -> str:
        if self._row is None:
            return "null"
        return encode_json(row_objects(self._columns)([self._row])[0]).decode()

    async def abort(self) -> None:
        self._row = None


class FirstScalar(FirstRow):
    """The first value of the first row; null where there is no row."""

    async def close(self) -> str:
        if self._row is None:
            return "null"
        return encode_json(json_value(_first(self._columns), self._row[0])).decode()


class Scalars:
    """The first value of every row."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size = 0
        self._columns: Sequence[Column] = ()
        self._parts: list[bytes] = []

    async def open(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    async def write(self, batch: Sequence[Row]) -> None:
        if not batch:
            return
        column = _first(self._columns)
        part = encode_json([json_value(column, row[0]) for row in batch])[1:-1]
        self._size += len(part) + 1
        if self._size > self._most_bytes:
            raise RowsTooLarge
        self._parts.append(part)

    async def close(self) -> str:
        return (b"[" + b",".join(self._parts) + b"]").decode()

    async def abort(self) -> None:
        self._parts = []


def _first(columns: Sequence[Column]) -> Column:
    if not columns:
        raise SqlFailed("the rows have no columns, so that there is no first value to take")
    return columns[0]
