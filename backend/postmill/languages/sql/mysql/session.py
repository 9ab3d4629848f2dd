"""One connection to MySQL or MariaDB, and how a job runs on it."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from asyncmy import errors

from postmill.languages.rows import RowSink
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.leaving import uses_variables
from postmill.languages.sql.mysql.values import bound, columns_of
from postmill.languages.sql.plan import PlannedStatement
from postmill.languages.sql.runtime import Work

BATCH_ROWS = 1000

Connect = Callable[[], Awaitable[Any]]

_AT_LINE = re.compile(r" at line (\d+)$")


class MysqlSession:
    """See ``languages.sql.runtime.Session``. A connection that a job may have left something on is not used again."""

    def __init__(self, connection: Any, connect: Connect) -> None:
        self._connection = connection
        self._connect = connect
        self._thread = int(connection.thread_id())
        self._is_touched = False
        self._is_running = False

    @property
    def is_open(self) -> bool:
        return bool(self._connection.connected)

    @property
    def is_clean(self) -> bool:
        return not self._is_touched

    async def tidy(self) -> bool:
        return self.is_clean

    async def close(self) -> None:
        """Ends what still runs on the server: over another connection, as this one waits for its answer."""
        try:
            if self._is_running:
                helper = await self._connect()
                async with helper.cursor() as cursor:
                    await cursor.execute("KILL %s", [self._thread])
                helper.close()
        finally:
            self._connection.close()

    async def run(self, work: Work) -> None:
        statements = work.plan.statements
        for number, statement in enumerate(statements, 1):
            self._is_touched = self._is_touched or uses_variables(statement)
            wanted = work.results.wants(is_last=number == len(statements))
            sink = await work.results.begin(is_alone=len(statements) == 1) if wanted else None
            values = [_value(work, arg) for arg in statement.args]
            try:
                self._is_running = True
                await self._statement(work, statement, values, sink)
                self._is_running = False
            except errors.MySQLError as error:
                self._is_running = False
                raise SqlFailed(_refusal(work, statement, error)) from None
            except OSError as error:
                raise SqlFailed(f"the connection to the database was lost: {error}") from None

    async def _statement(
        self, work: Work, statement: PlannedStatement, values: list[Any], sink: RowSink | None
    ) -> None:
        async with self._connection.cursor() as cursor:
            await cursor.execute(statement.text, values or None)
            if cursor.description is None:
                work.say(f"{statement.keyword.upper()}: {cursor.rowcount} rows affected")
                return
            columns, shape = columns_of(cursor.description)
            if sink is not None:
                await sink.open(columns)
            is_first = True
            while rows := await cursor.fetchmany(BATCH_ROWS):
                if sink is not None and (is_first or not work.results.first_only):
                    wanted = rows[:1] if work.results.first_only else rows
                    await sink.write(wanted if shape is None else [shape(row) for row in wanted])
                is_first = False


def _value(work: Work, arg: Any) -> Any:
    return bound(arg, work.value(arg.name, arg.default, arg.has_default))


def _refusal(work: Work, statement: PlannedStatement, error: errors.MySQLError) -> str:
    """The server counts lines from the start of the statement."""
    message = str(error.args[-1]) if error.args else str(error)
    found = _AT_LINE.search(message)
    if found is None:
        return work.plan.told(statement, message, None)
    return work.plan.told(statement, message[: found.start()], statement.offset_of(int(found[1]), 1))
