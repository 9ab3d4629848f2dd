"""GraphQL jobs: one request from inside the worker.

A job may send its request wherever code of the same person could send one from a process of its own, private
addresses included: its network is not narrower than that of a Python job, and no wider. Therefore nothing of the
worker is in a request: no proxy or credentials from its environment, no cookies, no redirects to follow.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.kernel.lean_httpx import httpx
from postmill.languages import ending
from postmill.languages.protocol import EndKind, LockRequest, RunOutcome, RunRequest
from postmill.languages.workshop import Workshop
from postmill.signatures.graphql import infer_graphql
from postmill.signatures.signature import Arg, Bool, InvalidSignature

CONNECT_SECONDS = 20.0
MOST_CONNECTIONS = 100
SHOWN_OF_AN_ERROR = 500
SHORTEST_SECRET = 6
_SECRET_HEADER = re.compile(r"auth|token|key|secret|cookie")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class _Answer(msgspec.Struct):
    """What an endpoint answers; other members are left out."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: Any = None


class _Failed(Exception):
    """The message is for the person who wrote the document."""


class _TooLarge(Exception):
    """The answer has more bytes than a result may have."""


class GraphqlRuntime:
    """Runs GraphQL documents. Connections are kept for the next job, credentials are not."""

    def __init__(self, workshop: Workshop) -> None:
        self._transport = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_connections=MOST_CONNECTIONS, keepalive_expiry=30)
        )

    async def lock(self, request: LockRequest) -> str:
        return ""

    async def close(self) -> None:
        await self._transport.aclose()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does. Cancelling drops the request."""
        timeout = asyncio.timeout(request.limits.wall_seconds)
        try:
            async with timeout:
                return _outcome("success", await self._result(request))
        except TimeoutError:
            seconds = request.limits.wall_seconds
            return _outcome("timeout", ending.execution_error(f"timed out after {seconds:g} s and was ended"))
        except _TooLarge:
            return _outcome(*ending.too_large(None, request.limits))
        except httpx.HTTPError as error:
            said, asked = str(error) or type(error).__name__, error.request.url
            where = asked.host if asked.port is None else f"{asked.host}:{asked.port}"
            return _outcome(
                "error", ending.execution_error(f"the endpoint {where} cannot be reached: {said}")
            )
        except (_Failed, InvalidSignature, PostmillError) as error:
            return _outcome("error", ending.execution_error(str(error)))

    async def _result(self, request: RunRequest) -> str:
        given = json.decode(request.args)
        variables = _variables(_declared(request.code), given)
        post = _post(given.get("api"), {"query": request.code, "variables": variables})
        try:
            response = await self._transport.handle_async_request(post)
            try:
                body = await _body(response, request.limits.result_bytes)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            error.request = post
            raise
        try:
            return _data(response, body)
        except _Failed as error:
            raise _Failed(_without_credentials(str(error), post.headers)) from None


@lru_cache(maxsize=512)
def _declared(code: str) -> tuple[Arg, ...]:
    return tuple(arg for arg in infer_graphql(code).args if not arg.implied)


def _variables(declared: tuple[Arg, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the variables; missing ones are left to the defaults of the document."""
    return {arg.name: _value(arg, given[arg.name]) for arg in declared if arg.name in given}


def _value(arg: Arg, value: Any) -> Any:
    """Forms fill in the default of a Boolean as text."""
    if isinstance(arg.type, Bool) and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _post(api: Any, body: Mapping[str, Any]) -> httpx.Request:
    if not isinstance(api, dict) or not isinstance(api.get("base_url"), str) or not api["base_url"]:
        raise _Failed(
            "this document has no endpoint: the argument api must be a resource of the type graphql"
        )
    try:
        url = httpx.URL(api["base_url"])
    except (httpx.InvalidURL, UnicodeError):
        raise _Failed("the base_url of the endpoint is no address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise _Failed("the base_url of the endpoint must begin with http:// or https://")
    headers = {"accept": "application/json", "user-agent": "postmill", **_headers(api.get("custom_headers"))}
    if token := api.get("bearer_token"):
        headers["authorization"] = _header("bearer_token", f"Bearer {token}")
    headers["content-type"] = "application/json"
    seconds = {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}
    content = json.encode(body)
    return httpx.Request("POST", url, headers=headers, content=content, extensions={"timeout": seconds})


def _headers(custom: Any) -> dict[str, str]:
    if custom is None or custom == "":
        return {}
    if not isinstance(custom, dict):
        raise _Failed("the custom_headers of the endpoint must be an object")
    for name in custom:
        if not _HEADER_NAME.fullmatch(name):
            raise _Failed(f"the custom header {name[:50]!r} has no valid name")
    return {
        name.lower(): _header(f"custom header {name}", value)
        for name, value in custom.items()
        if value is not None
    }


def _header(what: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.encode_text(value)
    if not text.isascii() or any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise _Failed(f"the {what} of the endpoint holds characters that a header cannot have")
    return text


def _without_credentials(message: str, headers: httpx.Headers) -> str:
    """What an endpoint says about a request may repeat what the request was let in by."""
    for name, value in headers.items():
        if _SECRET_HEADER.search(name):
            for secret in (value, value.rpartition(" ")[2]):
                message = message.replace(secret, "****") if len(secret) >= SHORTEST_SECRET else message
    return message


async def _body(response: httpx.Response, most_bytes: int) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > most_bytes:
            raise _TooLarge
    return bytes(body)


def _data(response: httpx.Response, body: bytes) -> str:
    """The member ``data``, letter for letter. Raises _Failed for errors of either kind."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = None
    if answer is not None and answer.errors:
        raise _Failed(_messages(answer.errors))
    if not response.is_success:
        shown = body.decode("utf-8", "replace")[:SHOWN_OF_AN_ERROR].strip()
        raise _Failed(
            f"the endpoint answered with the status {response.status_code}" + (f": {shown}" if shown else "")
        )
    if answer is None:
        raise _Failed("the endpoint did not answer with a JSON object")
    return bytes(answer.data).decode()


def _messages(errors: Any) -> str:
    listed = errors if isinstance(errors, list) else [errors]
    return "\n".join(_message(error) for error in listed)


def _message(error: Any) -> str:
    """The words of one error."""
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return json.encode_text(error)
    return str(error["message"])


def _outcome(end: EndKind, result: str) -> RunOutcome:
    return RunOutcome(end, result, isolation="worker")
