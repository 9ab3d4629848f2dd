"""What a request says about a job's arguments, whatever the form in which it says it.

A body is JSON, a form, text, a cloud event or bytes; headers and query values join when asked for. Pure: no I/O.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from postmill.http.api.jobs.request.multipart import parse_multipart
from postmill.http.json_depth import require_shallow
from postmill.kernel.errors import InvalidInput
from postmill.kernel.json import decode

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
CLOUD_EVENT_TYPE = "application/cloudevents+json"
CLOUD_EVENT_ARGUMENT = "WEBHOOK__METADATA__"
MAX_FIELDS = 1000


class Asked(msgspec.Struct, frozen=True):
    """How the caller wants the request turned into arguments."""

    raw: bool = False
    wrap_body: bool = False
    include_header: str | None = None
    include_query: str | None = None
    payload: str | None = None


PLAIN = Asked()


class Received(msgspec.Struct, frozen=True):
    """A request as it came in; header names are in lower case, ``query`` is the text after the question mark."""

    method: str
    content_type: str
    body: bytes
    headers: Mapping[str, str]
    query: str
    fields: Mapping[str, Any] | None = None
    """The fields of a multipart form, where they were read before."""


def arguments(received: Received, asked: Asked) -> dict[str, Any]:
    """The arguments that a request carries; raises InvalidInput for a body that is not what its type says."""
    if asked is PLAIN and not received.body:
        return {}
    args = from_payload(asked.payload) if asked.payload else {}
    args.update(_from_body(received, asked))
    if asked.include_header:
        args.update(_chosen_headers(received.headers, asked.include_header))
    if asked.include_query:
        args.update(_chosen_query(received.query, asked.include_query))
    return args


def event(received: Received, asked: Asked) -> dict[str, Any]:
    """The one argument ``event`` of a preprocessor: the whole request, with credentials left out."""
    kind = media_type(received.content_type)
    body: Any = None
    if asked.payload:
        body = from_payload(asked.payload)
    if received.body:
        parsed = _from_body(received, Asked())
        body = decode(received.body) if _is_json(kind) else parsed if _is_form(kind) else None
    return {
        "kind": "webhook",
        "body": body,
        "raw_string": as_text(received.body) if asked.raw or body is None else None,
        "headers": {
            name: value for name, value in received.headers.items() if name not in CREDENTIAL_HEADERS
        },
        "query": {name: value for name, value in _query_pairs(received.query) if name != "token"},
    }


CREDENTIAL_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


def from_payload(payload: str) -> dict[str, Any]:
    """Arguments from base64 or base64url of JSON, as a GET request carries them."""
    text = payload.strip().replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("Bad request: payload is not base64 of a JSON value") from None
    require_shallow(data)
    return as_arguments(decode(data))


def as_arguments(value: Any) -> dict[str, Any]:
    """A JSON object is the arguments; any other value becomes the argument ``body``."""
    return value if isinstance(value, dict) else {"body": value}


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def as_text(body: bytes) -> str:
    """The body as text: UTF-8 where it is that, else base64."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii")


def _from_body(received: Received, asked: Asked) -> dict[str, Any]:
    kind = media_type(received.content_type)
    if not received.body:
        return {"body": {}} if asked.wrap_body else {}
    if kind == CLOUD_EVENT_TYPE:
        args = _from_cloud_event(received.body)
    elif _is_json(kind):
        args = as_arguments(decode(received.body))
    elif kind == FORM_TYPE:
        args = dict(_form_pairs(received.body))
    elif kind == MULTIPART_TYPE:
        fields = received.fields
        if fields is None:
            fields = parse_multipart(received.content_type, received.body, max_fields=MAX_FIELDS)
        args = dict(fields)
    else:
        return {"raw_string": as_text(received.body)}
    if asked.wrap_body:
        args = {"body": args}
    if asked.raw:
        args["raw_string"] = as_text(received.body)
    return args


def _is_json(kind: str) -> bool:
    # Many webhook senders and plain ``fetch`` calls leave the type out; they mean JSON.
    return kind in ("", JSON_TYPE) or (kind.endswith("+json") and kind != CLOUD_EVENT_TYPE)


def _is_form(kind: str) -> bool:
    return kind in (FORM_TYPE, MULTIPART_TYPE, CLOUD_EVENT_TYPE)


def _from_cloud_event(body: bytes) -> dict[str, Any]:
    """The members of ``data`` as arguments; everything else about the event as its metadata."""
    value = decode(body)
    if not isinstance(value, dict):
        raise InvalidInput("Bad request: a cloud event must be a JSON object")
    metadata = dict(value)
    data = metadata.pop("data", {})
    return {**as_arguments(data), CLOUD_EVENT_ARGUMENT: metadata}


def _form_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except UnicodeDecodeError:
        raise InvalidInput("Bad request: the form is not UTF-8") from None
    except ValueError:
        raise InvalidInput(f"Bad request: a form may have at most {MAX_FIELDS} fields") from None


def _query_pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidInput(f"Bad request: a query may have at most {MAX_FIELDS} values") from None


def _chosen_headers(headers: Mapping[str, str], chosen: str) -> dict[str, str]:
    """The named headers that are there, as arguments ``x_request_id`` for ``X-Request-Id``.

    Credentials are never handed to a script, whoever asks.
    """
    names = (name.strip().lower() for name in chosen.split(","))
    return {
        name.replace("-", "_"): headers[name]
        for name in names
        if name in headers and name not in CREDENTIAL_HEADERS
    }


def _chosen_query(query: str, chosen: str) -> dict[str, str]:
    values = dict(_query_pairs(query))
    names = (name.strip() for name in chosen.split(","))
    return {name: values[name] for name in names if name in values and name != "token"}
