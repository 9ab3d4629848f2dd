"""BigQuery scripts: Google's client library, with its login, against a small fake of the REST API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from postmill.languages.sql.bigquery import BigqueryDriver
from postmill.languages.sql.runtime import SqlRuntime

from .conftest import Bench
from .sql_bench import SqlBench

FIELDS = [
    ("n", "INTEGER"), ("f", "FLOAT"), ("d", "NUMERIC"), ("b", "BOOLEAN"), ("s", "STRING"), ("day", "DATE"),
    ("bin", "BYTES"), ("at", "TIMESTAMP"), ("j", "JSON"),
]  # fmt: skip
ROW = ["9007199254740993", "1.5", "1.10", "true", "ü", "2024-02-29", "AP8=", "1709203872000000", '{"a": [1]}']
NESTED = [{"name": "l", "type": "INTEGER", "mode": "REPEATED"},
          {"name": "r", "type": "RECORD", "mode": "NULLABLE", "fields": [{"name": "x", "type": "STRING"}]}]  # fmt: skip


class Fake:
    """One query job whose answer follows from its text; the last request is remembered."""

    def __init__(self) -> None:
        self.queries: list[Any] = []
        self.logins = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"] or 0))
                path = urlsplit(self.path).path
                if path == "/token":
                    assert parse_qs(body.decode())["assertion"]
                    fake.logins += 1
                    return self._answer({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
                assert self.headers["authorization"] == "Bearer t"
                asked = json.loads(body)
                query = asked["configuration"]["query"] if "configuration" in asked else asked
                fake.queries.append(query)
                if "nope" in query["query"]:
                    error = {
                        "code": 400,
                        "message": "Unrecognized name: nope at [1:8]",
                        "status": "INVALID_ARGUMENT",
                    }
                    return self._answer({"error": error}, 400)
                return self._answer(self._job(asked))

            def do_GET(self) -> None:
                if "/queries/" in self.path:
                    return self._answer(_rows(parse_qs(urlsplit(self.path).query)))
                return self._answer(self._job({}))

            def _job(self, asked: Any) -> Any:
                reference = {"projectId": "p", "jobId": "j1", "location": "US"}
                config = asked.get("configuration") or {"query": fake.queries[-1]}
                return {
                    "kind": "bigquery#job", "id": "p:US.j1", "jobReference": reference, "configuration": config,
                    "status": {"state": "DONE"}, "statistics": {"query": {"statementType": "SELECT"}},
                }  # fmt: skip

            def _answer(self, value: Any, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        def _rows(query: Any) -> Any:
            fields: list[Any] = [{"name": name, "type": kind, "mode": "NULLABLE"} for name, kind in FIELDS]
            values = [{"v": value} for value in ROW]
            lists = [{"v": [{"v": "1"}, {"v": "2"}]}, {"v": {"f": [{"v": "y"}]}}]
            return {
                "kind": "bigquery#queryResponse", "jobComplete": True, "totalRows": "2",
                "jobReference": {"projectId": "p", "jobId": "j1", "location": "US"},
                "schema": {"fields": fields + NESTED},
                "rows": [{"f": values + lists}, {"f": [{"v": None}] * len(FIELDS) + [{"v": []}, {"v": None}]}],
            }  # fmt: skip

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def sql(bench: Bench, fake: Fake) -> SqlBench:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    database = {
        "project_id": "p", "private_key": pem, "private_key_id": "k", "client_email": "robot@example.com",
        "token_uri": f"{fake.url}/token", "api_endpoint": fake.url,
    }  # fmt: skip
    return SqlBench(bench, SqlRuntime(BigqueryDriver(), most_connections=2), database)


async def test_values_keep_their_types(sql: SqlBench) -> None:
    rows = await sql.rows("SELECT * FROM t")
    assert rows == [
        {
            "n": 9007199254740993, "f": 1.5, "d": 1.1, "b": True, "s": "ü", "day": "2024-02-29", "bin": "AP8=",
            "at": "2024-02-29 10:51:12+00:00", "j": {"a": [1]}, "l": [1, 2], "r": {"x": "y"},
        },
        dict.fromkeys(name for name, _ in FIELDS) | {"l": [], "r": None},
    ]  # fmt: skip


async def test_arguments_go_with_their_types(sql: SqlBench, fake: Fake) -> None:
    code = (
        "-- @n (int64)\n-- @ids (int64[])\n-- @s (string) = x\n-- @on (bool)\n-- @missing (string)\nSELECT 1"
    )
    await sql.rows(f"{code}, @n, @ids, @s, @on, @missing", {"n": "5", "ids": [1, 2], "on": False})
    found = {one["name"]: (one["parameterType"]["type"], one["parameterValue"])
             for one in fake.queries[-1]["queryParameters"]}  # fmt: skip
    assert found == {
        "n": ("INT64", {"value": "5"}),
        "ids": ("ARRAY", {"arrayValues": [{"value": "1"}, {"value": "2"}]}),
        "s": ("STRING", {"value": "x"}),
        "on": ("BOOL", {"value": "false"}),
        "missing": ("STRING", {"value": ""}),
    }
    assert fake.logins <= 2


async def test_what_fails_is_said(sql: SqlBench) -> None:
    failure = await sql.failure("SELECT 1;\n\n-- @n (int64)\nSELECT nope, @n", {"n": 1})
    assert failure == "Unrecognized name: nope (line 4, column 8)\nSELECT nope, @n\n       ^"
    assert await sql.failure("-- @n (int64)\nSELECT @n", {"n": "x"}) == (
        "the argument n cannot be a value of the type int64"
    )
    bad = {**sql.database, "private_key": "nonsense"}
    assert "holds no service account" in await sql.failure("SELECT 1", {"database": bad})


async def test_a_server_that_is_not_there_is_named(sql: SqlBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postmill.languages.sql.bigquery.RETRY_SECONDS", 0.0)
    for gone in ({"api_endpoint": "http://127.0.0.1:9"}, {"token_uri": "http://127.0.0.1:9/token"}):
        failure = await sql.failure("SELECT 1", {"database": {**sql.database, **gone}})
        assert failure.startswith("BigQuery cannot be reached at 127.0.0.1:9: ")
        assert "Connection refused" in failure
