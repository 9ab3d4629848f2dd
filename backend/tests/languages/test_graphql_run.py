"""GraphQL documents against a small endpoint."""

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from msgspec.structs import replace

from postmill.languages.graphql.run import GraphqlRuntime

from .conftest import LIMITS, Bench, Ran


class Endpoint:
    """Answers what a test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer = b'{"data": null}'
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                endpoint.requests.append(({k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
                endpoint.asked.set()
                endpoint.go_on.wait(300)
                self.send_response(endpoint.status)
                for name, value in {**endpoint.headers, "content-length": str(len(endpoint.answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(endpoint.answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/graphql"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Graphql:
    def __init__(self, bench: Bench, endpoint: Endpoint) -> None:
        self.bench = bench
        self.endpoint = endpoint
        self.runtime = GraphqlRuntime(bench)  # type: ignore[arg-type]

    async def run(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
        api = {"base_url": self.endpoint.url, "bearer_token": "a-token-of-the-api"}
        request, ran = self.bench.request(code, {"api": api, **(args or {})}, **more)
        ran.outcome = await self.runtime.run(request)
        assert "a-token-of-the-api" not in ran.outcome.result
        return ran

    async def failure(self, code: str, args: dict[str, Any] | None = None) -> str:
        ran = await self.run(code, args)
        assert ran.end == "error", ran.result
        return str(ran.result["message"]).removeprefix("execution error:\n")


@pytest.fixture
async def graphql(bench: Bench) -> AsyncIterator[Graphql]:
    endpoint = Endpoint()
    made = Graphql(bench, endpoint)
    yield made
    endpoint.go_on.set()
    await made.runtime.close()
    endpoint.server.shutdown()
    endpoint.server.server_close()


QUERY = "query Q($id: ID!, $n: Int = 3, $on: Boolean = true) { item(id: $id) { name } }"


async def test_data_comes_letter_for_letter_and_variables_go(graphql: Graphql) -> None:
    graphql.endpoint.answer = b'{"data": {"z": 1.10, "a": 12345678901234567890}, "extensions": {}}'
    ran = await graphql.run(QUERY, {"id": "x", "on": "false", "undeclared": 1})
    assert ran.outcome.result == '{"z": 1.10, "a": 12345678901234567890}'
    ((headers, body),) = graphql.endpoint.requests
    assert body == {"query": QUERY, "variables": {"id": "x", "on": False}}
    assert headers["authorization"] == "Bearer a-token-of-the-api"
    assert headers["content-type"] == "application/json"


async def test_custom_headers_go_too(graphql: Graphql) -> None:
    api = {"base_url": graphql.endpoint.url, "custom_headers": {"X-Api-Key": "k", "x-n": 5, "x-none": None}}
    assert (await graphql.run("{ a }", {"api": api})).end == "success"
    headers, body = graphql.endpoint.requests[-1]
    assert (headers["x-api-key"], headers["x-n"]) == ("k", "5")
    assert "x-none" not in headers
    assert "authorization" not in headers
    assert body["variables"] == {}


async def test_errors_of_the_endpoint_are_joined(graphql: Graphql) -> None:
    graphql.endpoint.answer = b'{"data": {"a": 1}, "errors": [{"message": "no a"}, {"message": "no b"}]}'
    assert await graphql.failure("{ a }") == "no a\nno b"
    graphql.endpoint.status = 400
    assert await graphql.failure("{ a }") == "no a\nno b"


@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (500, b"it broke", "the endpoint answered with the status 500: it broke"),
        (403, b"", "the endpoint answered with the status 403"),
        (
            401,
            b"no: Bearer a-token-of-the-api, a-token-of-the-api",
            "the endpoint answered with the status 401: no: ****, ****",
        ),
        (200, b'{"errors": [{"message": "bad a-token-of-the-api"}]}', "bad ****"),
        (302, b"", "the endpoint answered with the status 302"),
        (200, b"<html>", "the endpoint did not answer with a JSON object"),
        (200, b"[1]", "the endpoint did not answer with a JSON object"),
        (200, b'{"errors": "odd"}', '"odd"'),
    ],
)
async def test_other_answers_are_failures(graphql: Graphql, status: int, answer: bytes, message: str) -> None:
    graphql.endpoint.status, graphql.endpoint.answer = status, answer
    graphql.endpoint.headers = {"location": "http://127.0.0.1:1/elsewhere"}
    assert await graphql.failure("{ a }") == message
    assert len(graphql.endpoint.requests) == 1  # no redirect is followed


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (None, "this document has no endpoint"),
        ("f/a/b", "this document has no endpoint"),
        ({"base_url": ""}, "this document has no endpoint"),
        ({"base_url": "file:///etc/passwd"}, "must begin with http:// or https://"),
        ({"base_url": "http://"}, "must begin with http:// or https://"),
        ({"base_url": "http://x:y:z"}, "is no address"),
        ({"base_url": "http://127.0.0.1:1/"}, "the endpoint 127.0.0.1:1 cannot be reached"),
        ({"base_url": "http://127.0.0.1:1/", "custom_headers": []}, "must be an object"),
        ({"base_url": "http://127.0.0.1:1/", "custom_headers": {"a b": "c"}}, "has no valid name"),
        ({"base_url": "http://127.0.0.1:1/", "custom_headers": {"a": "b\r\nc: d"}}, "a header cannot have"),
        ({"base_url": "http://127.0.0.1:1/", "bearer_token": "a\nb"}, "a header cannot have"),
    ],
)
async def test_what_is_wrong_with_an_endpoint_is_said(graphql: Graphql, api: Any, message: str) -> None:
    assert message in await graphql.failure("{ a }", {"api": api})


async def test_one_job_brings_the_next_no_cookies(graphql: Graphql) -> None:
    graphql.endpoint.headers = {"set-cookie": "session=of-somebody"}
    for _ in range(2):
        assert (await graphql.run("{ a }")).end == "success"
    assert all("cookie" not in headers for headers, _ in graphql.endpoint.requests)


async def test_an_unreadable_document_is_not_sent(graphql: Graphql) -> None:
    assert "is never closed" in await graphql.failure("query Q($a: Int")
    assert graphql.endpoint.requests == []


async def test_the_size_of_an_answer_is_bounded_after_unpacking(graphql: Graphql) -> None:
    graphql.endpoint.answer = gzip.compress(b'{"data": "' + b"x" * (LIMITS.result_bytes + 1) + b'"}')
    graphql.endpoint.headers = {"content-encoding": "gzip"}
    assert (await graphql.run("{ a }")).end == "result_too_large"


async def test_time_is_bounded_and_cancelling_works(graphql: Graphql) -> None:
    graphql.endpoint.go_on.clear()
    ran = await graphql.run("{ a }", limits=replace(LIMITS, wall_seconds=0.2))
    assert ran.end == "timeout"
    graphql.endpoint.asked.clear()
    task = asyncio.create_task(graphql.run("{ a }"))
    assert await asyncio.to_thread(graphql.endpoint.asked.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
