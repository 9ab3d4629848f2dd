"""One connection to PostgreSQL, and how a job runs on it."""

from collections.abc import Callable, Sequence
from typing import Any

from asyncpg import exceptions

from postmill.languages.rows import Column, Row, RowSink, encode_json
from postmill.languages.sql.failure import SqlFailed, StaleConnection
from postmill.languages.sql.plan import PlannedStatement
from postmill.languages.sql.postgresql.arguments import as_literal, bound
from postmill.languages.sql.postgresql.codecs import KINDS, plain
from postmill.languages.sql.postgresql.reading import ROWS, has_few_rows, only_reads
from postmill.languages.sql.postgresql.wire import (
    OUTDATED,
    Prepared,
    Wire,
    describe,
    fetch_up_to,
    forget_prepared,
    prepare,
)
from postmill.languages.sql.runtime import Work

BATCH_ROWS = 1000
MOST_REMEMBERED = 500

# What `DISCARD ALL` does, without forgetting the prepared statements of the driver.
_TIDY = """
    RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; SELECT pg_advisory_unlock_all();
    DISCARD TEMP; DISCARD SEQUENCES
"""


class PostgresqlSession:
    """See ``languages.sql.runtime.Session``."""

    def __init__(self, connection: Wire) -> None:
        self._connection = connection
        self._is_touched = False
        self._small: set[str] = set()
        self._work: Work | None = None
        connection.add_log_listener(self._notice)

    @property
    def is_open(self) -> bool:
        return not self._connection.is_closed()

    @property
    def is_clean(self) -> bool:
        return not self._is_touched and not self._connection.is_in_transaction()

    async def tidy(self) -> bool:
        if self._connection.is_in_transaction():
            await self._connection.execute("ROLLBACK")
        if self._is_touched:
            await self._connection.execute(_TIDY)
            self._is_touched = False
        return True

    async def close(self) -> None:
        """The driver asks the server to cancel a query that was broken off, and waits until that is done."""
        try:
            await self._connection.close()
        finally:
            self._connection.terminate()

    async def run(self, work: Work) -> None:
        self._work = work
        try:
            await self._run(work)
        finally:
            self._work = None

    async def _run(self, work: Work) -> None:
        statements = work.plan.statements
        if work.plan.directives.prepare:
            work.results.be(encode_json([await self._described(work, one) for one in statements]).decode())
            return
        for number, statement in enumerate(statements, 1):
            is_last = number == len(statements)
            try:
                await self._statement(work, statement, is_last=is_last, is_alone=len(statements) == 1)
            except exceptions.InternalClientError:
                # The server's farewell is read and the end of the connection not yet: the driver refuses to start.
                if number > 1:
                    raise SqlFailed("the connection to the database was lost") from None
                raise StaleConnection from None
            except (exceptions.PostgresError, exceptions.InterfaceError, OSError) as error:
                if not self.is_open:
                    raise SqlFailed(f"the connection to the database was lost: {error}") from None
                raise SqlFailed(_refusal(work, statement, error)) from None

    async def _statement(
        self, work: Work, statement: PlannedStatement, *, is_last: bool, is_alone: bool
    ) -> None:
        self._is_touched = self._is_touched or not only_reads(statement)
        wanted = work.results.wants(is_last=is_last)
        sink = await work.results.begin(is_alone=is_alone) if wanted else None
        own_transaction = not self._connection.is_in_transaction()
        try:
            await self._execute(work, statement, sink)
        except OUTDATED:
            if not own_transaction:
                raise
            if self._connection.is_in_transaction():
                await self._connection.execute("ROLLBACK")
            await forget_prepared(self._connection)
            await self._execute(work, statement, sink)

    async def _described(self, work: Work, statement: PlannedStatement) -> dict[str, Any]:
        """The columns of a statement that is not run, or why it cannot be."""
        try:
            prepared = await describe(self._connection, statement.text)
        except exceptions.PostgresError as error:
            return {"columns": None, "error": _refusal(work, statement, error)}
        columns = [{"name": name, "type_name": kind.name} for name, kind in prepared.get_attributes()]
        return {"columns": columns or None, "error": None}

    async def _execute(self, work: Work, statement: PlannedStatement, sink: RowSink | None) -> None:
        if statement.keyword == "copy" and statement.words & {"stdin", "stdout"}:
            raise SqlFailed("COPY from STDIN or to STDOUT needs a client that sends or takes a file")
        prepared = await prepare(self._connection, statement.text)
        values = _values(work, statement, prepared)
        columns, shape = _columns(prepared)
        if not columns:
            await prepared.fetch(*values)
            work.say(prepared.get_statusmsg() or "done")
            return
        if sink is not None and work.plan.directives.raw_output:
            rows: list[Any] = await prepared.fetch(*values)
            work.results.be(_raw(prepared, rows))
            return
        if sink is not None:
            await sink.open(columns)
        await self._rows(statement, prepared, values, _Target(sink, shape, work.results.first_only))

    async def _rows(
        self, statement: PlannedStatement, prepared: Prepared, values: list[Any], target: "_Target"
    ) -> None:
        """A cursor serves what may be much; what is known to be little comes in one round trip."""
        reads = only_reads(statement)
        if reads and (target.first_only or has_few_rows(statement) or statement.text in self._small):
            limit = 1 if target.first_only else BATCH_ROWS + 1
            rows, complete = await fetch_up_to(self._connection, prepared, values, limit)
            if complete or target.first_only:
                await target.write(rows)
                return
            self._small.discard(statement.text)
        if statement.keyword not in ROWS:
            everything: list[Any] = await prepared.fetch(*values)
            await target.write(everything)
            return
        own_transaction = not self._connection.is_in_transaction()
        if own_transaction:
            await self._connection.execute("BEGIN")
        count = await self._through_cursor(prepared, values, target)
        if own_transaction:
            await self._connection.execute("COMMIT")
        if reads and count <= BATCH_ROWS:
            if len(self._small) >= MOST_REMEMBERED:
                self._small.clear()
            self._small.add(statement.text)

    async def _through_cursor(self, prepared: Prepared, values: list[Any], target: "_Target") -> int:
        cursor = await prepared.cursor(*values)
        count = 0
        while True:
            rows: list[Any] = await cursor.fetch(BATCH_ROWS)
            count += len(rows)
            await target.write(rows)
            if len(rows) < BATCH_ROWS:
                return count

    def _notice(self, _connection: Any, message: Any) -> None:
        if self._work is not None:
            self._work.say(f"{message.severity}: {message.message}")


class _Target:
    """Where rows go, in the form of their columns; without a sink they are only read."""

    def __init__(self, sink: RowSink | None, shape: Callable[[Row], Row] | None, first_only: bool) -> None:
        self.first_only = first_only
        self._sink = sink
        self._shape = shape

    async def write(self, rows: Sequence[Row]) -> None:
        if self._sink is None or not rows:
            return
        if self.first_only:
            rows = rows[:1]
        await self._sink.write(rows if self._shape is None else [self._shape(row) for row in rows])


def _columns(prepared: Prepared) -> tuple[list[Column], Callable[[Row], Row] | None]:
    """The columns, and what has to be done to each row."""
    columns: list[Column] = []
    composed: list[int] = []
    for place, attribute in enumerate(prepared.get_attributes()):
        kind, name = attribute.type.kind, attribute.type.name
        if kind == "scalar":
            columns.append(Column(attribute.name, KINDS.get(name, "text"), name))
            continue
        columns.append(Column(attribute.name, "json", name))
        composed.append(place)
    if not composed:
        return columns, None

    def shape(row: Row) -> Row:
        values = list(row)
        for place in composed:
            values[place] = plain(values[place])
        return values

    return columns, shape


def _raw(prepared: Prepared, rows: Sequence[Row]) -> str:
    """For a connection that gets the server's own texts."""
    columns = [
        {"name": name, "oid": kind.oid, "type_name": kind.name} for name, kind in prepared.get_attributes()
    ]
    texts = [[None if value is None else as_literal(value) for value in row] for row in rows]
    return encode_json({"columns": columns, "rows": texts}).decode()


def _values(work: Work, statement: PlannedStatement, prepared: Prepared) -> list[Any]:
    values: list[Any] = []
    for arg, parameter in zip(statement.args, prepared.get_parameters(), strict=False):
        given = work.value(arg.name, arg.default, arg.has_default)
        values.append(bound(arg.name, parameter.name, given))
    return values


def _refusal(work: Work, statement: PlannedStatement, error: Exception) -> str:
    position = str(getattr(error, "position", None))
    return work.plan.told(statement, str(error), int(position) - 1 if position.isdigit() else None)
