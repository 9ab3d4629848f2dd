"""Oracle Database, through python-oracledb in its thin mode: asynchronous, without Oracle's client libraries."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from postmill.languages.rows import RowSink
from postmill.languages.sql import connection as members
from postmill.languages.sql.extras import load
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.given import sent
from postmill.languages.sql.leaving import may_leave_something
from postmill.languages.sql.plain_values import shaped
from postmill.languages.sql.plan import PlannedStatement, Style
from postmill.languages.sql.runtime import Work
from postmill.signatures.signature import Datetime
from postmill.signatures.sql_dialects import ORACLEDB
from postmill.signatures.sql_script import SqlArg

CONNECT_SECONDS = 20
BATCH_ROWS = 1000


def _mark(number: int, arg: SqlArg, following: str) -> str:
    """Values go by place; moments are given as text, which the code has to turn into a date."""
    if isinstance(arg.type, Datetime) and arg.type_name in ("date", "datetime", "timestamp"):
        return f"TO_TIMESTAMP(:{number}, 'YYYY-MM-DD HH24:MI:SS.FF')"
    return f":{number}"


class OracledbDriver:
    """See ``languages.sql.runtime.Driver``."""

    dialect = ORACLEDB
    style = Style(_mark, per_use=True)

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> "OracledbSession":
        library = load("oracledb", "oracle", "Oracle")
        library.defaults.fetch_lobs = False
        library.defaults.fetch_decimals = True
        user, password = members.text(database, "user", "username"), members.text(database, "password")
        address = _address(database)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await library.connect_async(user=user, password=password, dsn=address)
        except library.Error as error:
            raise SqlFailed(f"cannot connect to {address}: {_words(error)}") from None
        except TimeoutError:
            raise SqlFailed(f"the database {address} did not answer within {CONNECT_SECONDS} s") from None
        except OSError as error:
            raise SqlFailed(f"cannot connect to {address}: {error}") from None
        connection.autocommit = True
        return OracledbSession(connection, library.Error)


def _address(database: Mapping[str, Any]) -> str:
    """``host:port/service``: of the member ``database``, or of its own members. Nothing else that Oracle would read."""
    if database.get("host"):
        service = members.text(database, "service_name", "database", "dbname")
        return f"{members.host(database)}:{members.port(database, 1521)}/{_plain(service)}"
    return _plain(members.text(database, "database"))


def _plain(text: str) -> str:
    if not text.isascii() or any(letter in "()=?\\ " or ord(letter) < 33 for letter in text):
        raise SqlFailed("the database of the connection must be written as host:port/service")
    return text


class OracledbSession:
    """See ``languages.sql.runtime.Session``."""

    def __init__(self, connection: Any, error: type[Exception]) -> None:
        self._connection = connection
        self._error = error
        self._is_touched = False
        self._is_running = False
        self._is_lost = False

    @property
    def is_open(self) -> bool:
        return not self._is_lost and bool(self._connection.is_healthy())

    @property
    def is_clean(self) -> bool:
        return not self._is_touched

    async def tidy(self) -> bool:
        return self.is_clean

    async def close(self) -> None:
        self._is_lost = True
        if self._is_running:
            with contextlib.suppress(self._error):
                self._connection.cancel()
        with contextlib.suppress(self._error):
            await self._connection.close()

    async def run(self, work: Work) -> None:
        statements = work.plan.statements
        for number, statement in enumerate(statements, 1):
            self._is_touched = self._is_touched or may_leave_something(statement)
            wanted = work.results.wants(is_last=number == len(statements))
            sink = await work.results.begin(is_alone=len(statements) == 1) if wanted else None
            values = [_value(work, arg) for arg in statement.args]
            self._is_running = True
            try:
                await self._statement(work, statement, values, sink)
            except self._error as error:
                self._is_running = False
                raise SqlFailed(_refusal(work, statement, error)) from None
            self._is_running = False

    async def _statement(
        self, work: Work, statement: PlannedStatement, values: Sequence[Any], sink: RowSink | None
    ) -> None:
        cursor = self._connection.cursor()
        await cursor.execute(statement.text, values)
        if cursor.description is None:
            work.say(f"{statement.keyword.upper()}: {cursor.rowcount} rows affected")
            cursor.close()
            return
        rows = await cursor.fetchmany(BATCH_ROWS)
        columns, shape = shaped([column[0] for column in cursor.description], rows)
        if sink is not None:
            await sink.open(columns)
        is_first = True
        while rows:
            if sink is not None and (is_first or not work.results.first_only):
                await sink.write([shape(row) for row in (rows[:1] if work.results.first_only else rows)])
            is_first = False
            rows = await cursor.fetchmany(BATCH_ROWS)
        cursor.close()


def _value(work: Work, arg: SqlArg) -> Any:
    value = sent(arg, work.value(arg.name, arg.default, arg.has_default))
    return int(value) if isinstance(value, bool) else value


def _refusal(work: Work, statement: PlannedStatement, error: Exception) -> str:
    facts: Any = error.args[0] if error.args else None
    offset = getattr(facts, "offset", None)
    is_told = isinstance(offset, int) and offset > 0
    return work.plan.told(statement, _words(error), offset if is_told else None)


def _words(error: Exception) -> str:
    facts: Any = error.args[0] if error.args else None
    return str(getattr(facts, "message", None) or error).partition("\nHelp:")[0]
