"""Google BigQuery, through its own client library."""

import base64
import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from postmill.kernel import json
from postmill.languages.rows import Row
from postmill.languages.sql import connection as members
from postmill.languages.sql.blocking import BlockingSession, open_blocking
from postmill.languages.sql.extras import load
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.plan import PlannedStatement, Style
from postmill.languages.sql.runtime import Work
from postmill.signatures.sql_dialects import BIGQUERY
from postmill.signatures.sql_script import SqlArg

CONNECT_SECONDS = 30
RETRY_SECONDS = 10.0
"""The library would ask a server that does not answer, or is not there, for ten minutes."""
_UNREACHED = re.compile(r"host='([^']+)', port=(\d+).*?(\[Errno -?\d+\] [^'\")]+|[Tt]imed out)", re.DOTALL)
"""What matters of the words of the library's HTTP client."""
_AROUND = re.compile(r"^(?:GET|POST) \S+: |\n+Location: (?s:.*)$")
"""What the library puts around the words of the server."""
_PLACE = re.compile(r" at \[(\d+):(\d+)\]$")
_TYPES = {
    "integer": "INT64", "int64": "INT64", "float": "FLOAT64", "float64": "FLOAT64", "numeric": "NUMERIC",
    "bignumeric": "BIGNUMERIC", "bool": "BOOL", "boolean": "BOOL", "bytes": "BYTES", "string": "STRING",
    "date": "DATE", "time": "TIME", "datetime": "DATETIME", "timestamp": "TIMESTAMP", "json": "JSON",
}  # fmt: skip


class BigqueryDriver:
    """See ``languages.sql.runtime.Driver``."""

    dialect = BIGQUERY
    style = Style(lambda number, arg, following: f"@{arg.name}")

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> BlockingSession:
        library = load("google.cloud.bigquery", "bigquery", "BigQuery")
        accounts = load("google.oauth2.service_account", "bigquery", "BigQuery")
        return await open_blocking(
            # A client has no session on the server: nothing is left behind.
            lambda: _Client(library, accounts, database),
            lambda statement: False,
            CONNECT_SECONDS,
        )


class _Client:
    """See ``languages.sql.blocking.Client``."""

    def __init__(self, library: Any, accounts: Any, database: Mapping[str, Any]) -> None:
        self.is_open = True
        self._library = library
        project = members.text(database, "project_id")
        account = {"type": "service_account", "token_uri": "https://oauth2.googleapis.com/token", **database}
        endpoint = members.text(database, "api_endpoint", default="")
        try:
            credentials = accounts.Credentials.from_service_account_info(
                account, scopes=["https://www.googleapis.com/auth/bigquery"]
            )
        except (ValueError, TypeError) as error:
            raise SqlFailed(f"the database connection holds no service account: {error}") from None
        options = {"api_endpoint": endpoint} if endpoint else None
        self._client = library.Client(project=project, credentials=credentials, client_options=options)
        self._job: Any = None
        self._rows: Iterator[Any] = iter(())

    def execute(self, work: Work, statement: PlannedStatement) -> Sequence[str] | None:
        parameters = [self._parameter(work, arg) for arg in statement.args]
        config = self._library.QueryJobConfig(query_parameters=parameters)
        again = self._library.DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
        self._job = self._asked(
            lambda: self._client.query(statement.text, job_config=config, retry=again, job_retry=None)
        )
        result = self._asked(lambda: self._job.result(retry=again, job_retry=None))
        self._rows = iter(result)
        return [field.name for field in result.schema] or None

    def fetch(self, count: int) -> Sequence[Row]:
        rows = self._asked(lambda: list(islice(self._rows, count)))
        return [row.values() for row in rows]

    def next_set(self) -> tuple[bool, Sequence[str] | None]:
        return False, None

    def said(self) -> str:
        return f"{self._job.num_dml_affected_rows or 0} rows affected"

    def cancel(self) -> None:
        self.is_open = False
        if self._job is not None:
            with contextlib.suppress(Exception):  # the query goes on at worst; the job has ended in any case
                self._job.cancel(timeout=10)

    def close(self) -> None:
        self.is_open = False
        self._client.close()

    def _parameter(self, work: Work, arg: SqlArg) -> Any:
        declared = (arg.type_name or "string").lower()
        kind = _TYPES.get(declared.removesuffix("[]"), "STRING")
        value = work.value(arg.name, arg.default, arg.has_default)
        try:
            if declared.endswith("[]"):
                items = [_value(kind, item) for item in (value or [])]
                return self._library.ArrayQueryParameter(arg.name, kind, items)
            return self._library.ScalarQueryParameter(arg.name, kind, _value(kind, value))
        except (ValueError, TypeError):
            raise SqlFailed(f"the argument {arg.name} cannot be a value of the type {declared}") from None

    def _asked(self, call: Any) -> Any:
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import GoogleAuthError

        try:
            return call()
        except GoogleAPICallError as error:
            message = _AROUND.sub("", str(error.message))
            if (found := _PLACE.search(message)) is None:
                raise SqlFailed(message) from None
            raise SqlFailed(message[: found.start()], (int(found[1]), int(found[2]))) from None
        except (GoogleAuthError, RetryError, OSError) as error:
            raise SqlFailed(_unreached(str(error))) from None


def _unreached(words: str) -> str:
    found = _UNREACHED.search(words)
    if found is None:
        return f"BigQuery cannot be reached: {words}"
    return f"BigQuery cannot be reached at {found[1]}:{found[2]}: {found[3]}"


def _value(kind: str, value: Any) -> Any:
    """As the library takes it; a missing text is empty, another missing value NULL."""
    if value is None:
        return "" if kind == "STRING" else None
    match kind:
        case "INT64":
            return int(value)
        case "FLOAT64":
            return float(value)
        case "BOOL":
            return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
        case "BYTES":
            return base64.b64decode(value, validate=True)
        case "JSON":
            return value  # the library writes the JSON text
        case "NUMERIC" | "BIGNUMERIC":
            return str(value)
    return value if isinstance(value, str) else json.encode_text(value)
