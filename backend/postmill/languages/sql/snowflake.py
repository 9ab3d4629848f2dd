"""Snowflake, through its own connector."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from postmill.languages.rows import Row
from postmill.languages.sql import connection as members
from postmill.languages.sql.blocking import BlockingSession, open_blocking
from postmill.languages.sql.extras import load
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.given import sent
from postmill.languages.sql.leaving import may_leave_something
from postmill.languages.sql.plan import PlannedStatement, Style
from postmill.languages.sql.runtime import Work
from postmill.signatures.sql_dialects import SNOWFLAKE

CONNECT_SECONDS = 30
_PLACE = re.compile(r"\bline (\d+) at position (\d+)")


class SnowflakeDriver:
    """See ``languages.sql.runtime.Driver``."""

    dialect = SNOWFLAKE
    style = Style(lambda number, arg, following: "?", per_use=True)

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> BlockingSession:
        connector = load("snowflake.connector", "snowflake", "Snowflake")
        facts = _facts(database)
        return await open_blocking(
            lambda: _Client(connector, facts), may_leave_something, CONNECT_SECONDS + 5
        )


def _facts(database: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "account": members.text(database, "account_identifier", "account"),
        "user": members.text(database, "username", "user"),
        "paramstyle": "qmark",
        "login_timeout": CONNECT_SECONDS,
        "application": "postmill",
        "client_session_keep_alive": False,
        "autocommit": True,
    }
    for name in ("warehouse", "database", "schema", "role", "protocol"):
        if value := members.text(database, name, default=""):
            facts[name] = value
    if database.get("host"):  # private links and proxies; else the address follows from the account
        facts["host"], facts["port"] = members.host(database), members.port(database, 443)
    if key := members.text(database, "private_key", default=""):
        facts["private_key"] = _private_key(key)
    else:
        facts["password"] = members.text(database, "password")
    return facts


def _private_key(pem: str) -> bytes:
    """The key in the form that the connector wants."""
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise SqlFailed("the private_key of the database connection is no private key in PEM") from None
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class _Client:
    """See ``languages.sql.blocking.Client``."""

    def __init__(self, connector: Any, facts: Mapping[str, Any]) -> None:
        self.is_open = True
        self._errors: type[Exception] = connector.errors.Error
        self._connection = self._asked(lambda: connector.connect(**facts))
        self._cursor = self._connection.cursor()

    def execute(self, work: Work, statement: PlannedStatement) -> Sequence[str] | None:
        values = [sent(arg, work.value(arg.name, arg.default, arg.has_default)) for arg in statement.args]
        self._asked(lambda: self._cursor.execute(statement.text, values or None))
        description = self._cursor.description
        return None if description is None else [column[0] for column in description]

    def fetch(self, count: int) -> Sequence[Row]:
        rows: Sequence[Row] = self._asked(lambda: self._cursor.fetchmany(count))
        return rows

    def next_set(self) -> tuple[bool, Sequence[str] | None]:
        return False, None

    def said(self) -> str:
        return f"{self._cursor.rowcount or 0} rows affected"

    def cancel(self) -> None:
        self.is_open = False
        with contextlib.suppress(Exception):  # the query goes on at worst; the job has ended in any case
            self._cursor.abort_query(self._cursor.sfqid)

    def close(self) -> None:
        self.is_open = False
        with contextlib.suppress(Exception):  # nobody is left to be told
            self._connection.close()

    def _asked(self, call: Any) -> Any:
        try:
            return call()
        except self._errors as error:
            message = str(getattr(error, "msg", None) or error)
            found = _PLACE.search(message)
            raise SqlFailed(message, (int(found[1]), int(found[2]) + 1) if found else None) from None
