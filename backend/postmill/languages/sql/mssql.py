"""Microsoft SQL Server, through pymssql (FreeTDS). The whole script is one request, so that its variables live on."""

import contextlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from postmill.languages.rows import Row
from postmill.languages.sql import connection as members
from postmill.languages.sql.blocking import BlockingSession, open_blocking
from postmill.languages.sql.extras import load
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.given import sent
from postmill.languages.sql.plan import PlannedStatement, Style
from postmill.languages.sql.runtime import Work
from postmill.signatures.signature import Bytes, Datetime, Str
from postmill.signatures.sql_dialects import MSSQL
from postmill.signatures.sql_script import SqlArg

CONNECT_SECONDS = 20


class MssqlDriver:
    """See ``languages.sql.runtime.Driver``."""

    dialect = MSSQL
    style = Style(lambda number, arg, following: f"@P{number}", whole=True)

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> BlockingSession:
        client = load("pymssql", "mssql", "MS SQL")
        facts = _facts(database)
        # Batches may declare and set what they like: a connection serves one job.
        return await open_blocking(
            lambda: _Client(client, facts), lambda statement: True, CONNECT_SECONDS + 5
        )


def _facts(database: Mapping[str, Any]) -> dict[str, Any]:
    host, instance = members.host(database), members.text(database, "instance_name", default="")
    facts: dict[str, Any] = {
        "server": f"{host}\\{instance}" if instance else host,
        "user": members.text(database, "user", "username", default=""),
        "password": members.text(database, "password", default=""),
        "database": members.text(database, "dbname", "database", default=""),
        "encryption": "require" if members.flag(database, "encrypt", default=False) else "request",
        "login_timeout": CONNECT_SECONDS,
        "charset": "UTF-8",
        "appname": "postmill",
        "autocommit": True,
    }
    if not instance:
        facts["port"] = str(members.port(database, 1433))
    return facts


class _Client:
    """See ``languages.sql.blocking.Client``."""

    def __init__(self, client: Any, facts: Mapping[str, Any]) -> None:
        self.is_open = True
        self._client = client
        self._facts = facts
        self._connection = self._asked(lambda: client.connect(**facts))
        self._cursor = self._connection.cursor()
        self._number = self._session_number()

    def _session_number(self) -> int | None:
        self._cursor.execute("SELECT @@SPID")
        row = self._cursor.fetchone()
        return row[0] if row and isinstance(row[0], int) else None

    def execute(self, work: Work, statement: PlannedStatement) -> Sequence[str] | None:
        values = [(arg, _value(work, arg)) for arg in statement.args]
        self._asked(lambda: self._cursor.execute(request(statement.text, values)))
        return self._names()

    def fetch(self, count: int) -> Sequence[Row]:
        rows: Sequence[Row] = self._asked(lambda: self._cursor.fetchmany(count))
        return rows

    def next_set(self) -> tuple[bool, Sequence[str] | None]:
        if not self._asked(self._cursor.nextset):
            return False, None
        return True, self._names()

    def said(self) -> str:
        return f"{max(0, self._cursor.rowcount)} rows affected"

    def cancel(self) -> None:
        """Asks over a connection of its own, which the login must be allowed to: the client cannot interrupt itself."""
        self.is_open = False
        if self._number is None:
            return
        with contextlib.suppress(self._client.Error):
            helper = self._client.connect(**self._facts)
            helper.cursor().execute("KILL %d", self._number)
            helper.close()

    def close(self) -> None:
        self.is_open = False
        with contextlib.suppress(self._client.Error):
            self._connection.close()

    def _names(self) -> Sequence[str] | None:
        description = self._cursor.description
        return None if description is None else [column[0] for column in description]

    def _asked(self, call: Any) -> Any:
        try:
            return call()
        except self._client.Error as error:
            line: Any = getattr(error.__context__, "line", None)
            is_told = isinstance(line, int) and line > 0
            raise SqlFailed(_words(error), (line, 1) if is_told else None) from None


_AS_DECLARED = frozenset(
    {"bigint", "int", "tinyint", "smallint", "bit", "float", "real", "date", "datetime", "datetime2", "datetimeoffset",
     "smalldatetime", "time", "uniqueidentifier", "xml"}
)  # fmt: skip


def request(code: str, values: Sequence[tuple[SqlArg, Any]]) -> str:
    """The code with its values as parameters of the server: the client would look for its marks in texts too."""
    if not values:
        return code
    types = [_type(arg, value) for arg, value in values]
    declared = ", ".join(f"@P{number} {name}" for number, name in enumerate(types, 1))
    given = ", ".join(f"@P{number} = {_literal(arg, value)}" for number, (arg, value) in enumerate(values, 1))
    return f"EXEC sp_executesql {_quoted(code)}, {_quoted(declared)}, {given}"


def _type(arg: SqlArg, value: Any) -> str:
    declared = arg.type_name or ""
    if declared in _AS_DECLARED:
        return declared
    if declared in ("numeric", "decimal"):
        _, _, behind = f"{Decimal(str(value or 0)):f}".partition(".")
        return f"decimal(38, {min(len(behind), 38)})"
    return "varbinary(max)" if isinstance(arg.type, Bytes) else "nvarchar(max)"


def _literal(arg: SqlArg, value: Any) -> str:
    if value is None or (value == "" and not isinstance(arg.type, Str)):
        return "NULL"
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, int | float) and not isinstance(arg.type, Str):
        return f"{Decimal(str(value)):f}" if arg.type_name in ("numeric", "decimal") else repr(value)
    if isinstance(arg.type, Datetime):
        # With a T, the language of the login does not decide what is day and what is month.
        return _quoted(str(value).replace(" ", "T", 1))
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return "N'" + text.replace("'", "''") + "'"


def _value(work: Work, arg: SqlArg) -> Any:
    """A missing argument without a default is an empty text."""
    value = work.value(arg.name, "" if not arg.has_default else arg.default, arg.has_default)
    return int(value) if isinstance(value, bool) else sent(arg, value)


def _words(error: Exception) -> str:
    """The server's own message, without what the library adds to it."""
    found: Any = error.args
    while isinstance(found, tuple) and found:
        found = found[-1]
    text = found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found or error)
    own = text.partition("DB-Lib error message")[0].strip()
    # Where there is no server, the library says so once for each of its tries, around its own numbers.
    said = [
        line for line in text.splitlines() if line.strip() and not line.startswith("DB-Lib error message")
    ]
    return own or "\n".join(dict.fromkeys(said)) or text.strip()
