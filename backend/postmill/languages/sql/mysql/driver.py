"""Connects to MySQL and MariaDB."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import asyncmy
from asyncmy import errors
from asyncmy.cursors import SSCursor

from postmill.languages.sql import connection as members
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.mysql.session import Connect, MysqlSession
from postmill.languages.sql.mysql.values import CONVERSIONS
from postmill.languages.sql.plan import Style
from postmill.signatures.sql_dialects import MYSQL

CONNECT_SECONDS = 20


class MysqlDriver:
    """See ``languages.sql.runtime.Driver``."""

    dialect = MYSQL
    style = Style(
        lambda number, arg, following: "%s", per_use=True, escape=lambda code: code.replace("%", "%%")
    )

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> MysqlSession:
        connect = _connect(database)
        return MysqlSession(await connect(), connect)


def _connect(database: Mapping[str, Any]) -> Connect:
    host, port = members.host(database), members.port(database, 3306)
    facts: dict[str, Any] = {
        "host": host,
        "port": port,
        "user": members.text(database, "user", "username"),
        "password": members.text(database, "password", default=""),
        "database": members.text(database, "database", "dbname", default="") or None,
        "ssl": _ssl(database),
        "charset": "utf8mb4",
        "autocommit": True,
        "connect_timeout": CONNECT_SECONDS,
        "cursor_cls": SSCursor,
        "conv": CONVERSIONS,
        "program_name": "postmill",
    }

    async def connect() -> Any:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncmy.connect(**facts)
        except errors.MySQLError as error:
            raise SqlFailed(f"{error.args[-1]} (from {host}:{port})") from None
        except TimeoutError:
            raise SqlFailed(f"{host}:{port} did not answer within {CONNECT_SECONDS} s") from None
        except (OSError, RuntimeError, ValueError) as error:
            raise SqlFailed(f"cannot connect to {host}:{port}: {error}") from None

    return connect


def _ssl(database: Mapping[str, Any]) -> Any:
    """TLS where ``ssl`` is true; the server's certificate is checked where an authority is given."""
    if not members.flag(database, "ssl", default=False):
        return None
    authority = members.text(database, "root_certificate_pem", default="")
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError):
        raise SqlFailed(
            "root_certificate_pem of the database connection holds no certificate in PEM"
        ) from None
    if not authority:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
