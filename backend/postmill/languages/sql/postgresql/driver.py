"""Connects to PostgreSQL."""

import ssl
from collections.abc import Mapping
from typing import Any

import asyncpg

from postmill.languages.sql import connection as members
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.plan import Style
from postmill.languages.sql.postgresql.session import PostgresqlSession
from postmill.languages.sql.postgresql.wire import Wire, set_codecs
from postmill.signatures.sql_dialects import POSTGRESQL
from postmill.signatures.sql_script import SqlArg

CONNECT_SECONDS = 20.0
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def _mark(number: int, arg: SqlArg, following: str) -> str:
    """A declared type is cast to, unless the code casts by itself."""
    declared = arg.type_name
    if declared is None or following.startswith("::") or arg.name.startswith("$") or declared == "s3object":
        return f"${number}"
    return f"(${number}::{'double precision' if declared == 'double' else declared})"


class PostgresqlDriver:
    """See ``languages.sql.runtime.Driver``."""

    dialect = POSTGRESQL
    style = Style(_mark)

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> PostgresqlSession:
        host, port = members.host(database), members.port(database, 5432)
        try:
            connection: Wire = await asyncpg.connect(
                host=host,
                port=port,
                user=members.text(database, "user", "username"),
                # Given even where it is empty: else the driver looks for one in files and variables of the worker.
                password=members.text(database, "password", default=""),
                database=members.text(database, "dbname", "database"),
                ssl=_ssl(database),
                timeout=CONNECT_SECONDS,
                server_settings={"application_name": "postmill"},
            )
        except asyncpg.PostgresError as error:
            raise SqlFailed(f"{error.args[0]} (from {host}:{port})") from None
        except TimeoutError:
            raise SqlFailed(f"{host}:{port} did not answer within {CONNECT_SECONDS:g} s") from None
        except (OSError, ssl.SSLError) as error:
            raise SqlFailed(f"cannot connect to {host}:{port}: {error}") from None
        except (asyncpg.InterfaceError, ValueError) as error:
            raise SqlFailed(f"cannot connect to {host}:{port}: {error}") from None
        set_codecs(connection, raw=raw)
        return PostgresqlSession(connection)


def _ssl(database: Mapping[str, Any]) -> Any:
    mode = members.text(database, "sslmode", default="prefer")
    if mode not in _SSL_MODES:
        raise SqlFailed(f"the sslmode of the database connection must be one of: {', '.join(_SSL_MODES)}")
    authority = members.text(database, "root_certificate_pem", default="")
    if mode in ("disable", "allow", "prefer") or (mode == "require" and not authority):
        return mode
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError):
        raise SqlFailed(
            "root_certificate_pem of the database connection holds no certificate in PEM"
        ) from None
    context.check_hostname = mode == "verify-full"
    return context
