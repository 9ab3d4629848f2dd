"""Results that say how they want to be answered: status, headers and body of a synchronous run.

A script that returns an object with ``windmill_status_code``, ``windmill_content_type``, ``windmill_headers`` or
``windmill_content_transfer_encoding`` (or the same with ``wm_``) decides on the HTTP response; its body is the member
``result``. Everything else is answered as JSON, 200 for a success and 422 for a failure.
"""

import base64
import binascii
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from postmill.kernel.json import encode

JSON = "application/json"
MEMBERS = ("status_code", "content_type", "headers", "content_transfer_encoding")
PREFIXES = ("windmill_", "wm_")

_MENTIONS = re.compile(rb'"(?:windmill|wm)_(?:status_code|content_type|headers|content_transfer_encoding)"')
_LONGEST_MENTION = len('"windmill_content_transfer_encoding"')
_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
# A script must not be able to break the framing of the response, nor set cookies, policies or stores that hold for the
# platform's origin as a whole.
_KEPT_HEADERS = frozenset(
    {
        "alt-svc",
        "clear-site-data",
        "connection",
        "content-encoding",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "keep-alive",
        "nel",
        "referrer-policy",
        "report-to",
        "reporting-endpoints",
        "server",
        "service-worker-allowed",
        "set-cookie",
        "set-cookie2",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
        "x-request-id",
    }
)
# Documents that a browser would run with the platform's origin are handed out as text.
_ACTIVE_TYPES = re.compile(r"html|xml|javascript|ecmascript|svg", re.IGNORECASE)


class Answer(msgspec.Struct, frozen=True):
    """An HTTP response in plain values; ``body`` is sent as it is."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = {}


async def has_wishes(pieces: AsyncIterator[bytes]) -> bool:
    """Whether the JSON text in pieces may be an object with such members; most texts are not read to their end."""
    end = b""
    async for piece in pieces:
        if not end and not piece.lstrip().startswith(b"{"):
            return False
        if _MENTIONS.search(end + piece):
            return True
        end = piece[-_LONGEST_MENTION:]
    return False


def answer(result: bytes, *, success: bool) -> Answer:
    """The response for a finished run; ``result`` is its JSON text."""
    plain = Answer(200 if success else 422, result)
    if not _MENTIONS.search(result):
        return plain
    value = msgspec.json.decode(result)
    if not isinstance(value, dict):
        return plain
    wishes = {member: _wish(value, member) for member in MEMBERS}
    if all(wish is None for wish in wishes.values()):
        return plain
    return _composed(value.get("result"), wishes, success=success)


def _wish(value: dict[str, Any], member: str) -> Any:
    for prefix in PREFIXES:
        if (wish := value.get(prefix + member)) is not None:
            return wish
    return None


def _composed(body: Any, wishes: dict[str, Any], *, success: bool) -> Answer:
    default = 422 if not success else 200 if body is not None else 204
    status = _status(wishes["status_code"], default)
    content_type = _text_or_none(wishes["content_type"]) or ("text/plain" if isinstance(body, str) else JSON)
    headers = _headers(wishes["headers"])
    if _ACTIVE_TYPES.search(content_type):
        headers["Content-Security-Policy"] = (
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        )
    if status in (204, 304):
        return Answer(status, b"", content_type, headers)
    data = _body(body, wishes["content_transfer_encoding"])
    if data is None:
        return Answer(422, encode({"error": {"name": "InvalidResult", "message": _NOT_BASE64}}))
    return Answer(status, data, content_type, headers)


_NOT_BASE64 = "The result declares the transfer encoding base64, but is not base64 text"


def _status(wish: Any, default: int) -> int:
    return wish if isinstance(wish, int) and not isinstance(wish, bool) and 200 <= wish <= 599 else default


def _headers(wish: Any) -> dict[str, str]:
    if not isinstance(wish, dict):
        return {}
    return {
        name: value
        for name, value in wish.items()
        if isinstance(value, str)
        and _HEADER_NAME.match(name)
        and name.lower() not in _KEPT_HEADERS
        and not name.lower().startswith("access-control-")
        and (text := _text_or_none(value)) is not None
        and text == value
    }


def _text_or_none(value: Any) -> str | None:
    """Printable ASCII only: what may stand in a header line."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else None


def _body(body: Any, transfer_encoding: Any) -> bytes | None:
    if body is None:
        return b""
    if not isinstance(body, str):
        return encode(body)
    if transfer_encoding == "base64":
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return None
    return body.encode("utf-8", "replace")
