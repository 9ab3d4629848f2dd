"""Keeps pages of other sites from acting with a visitor's cookie; opens the API to configured sites."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from postmill.http.call import Call
from postmill.http.operation import Needs
from postmill.kernel.errors import PermissionDenied
from postmill.kernel.settings import Settings

_OWN = frozenset({"same-origin", "none"})
_REFUSED = "Permission denied: a page of another site may not act with this cookie"
_REFUSED_LINK = (
    "Permission denied: a link or a picture in a page may not act with this cookie; open the address yourself, "
    "or send a token"
)


def require_own_site(call: Call, needs: Needs, settings: Settings) -> None:
    """With a cookie, a change (GET run routes included) must not come from a page of another site.

    Nor from a link or a picture in our own pages, which show what others wrote: our code asks by ``fetch``, whose
    ``Sec-Fetch-Dest`` is ``empty``. A request with neither ``Origin`` nor ``Sec-Fetch-Site`` comes from no browser.
    """
    if needs.action == "read" and call.method in ("GET", "HEAD"):
        return
    if not call.by_cookie and not _signs_in(call):
        return
    headers = call.headers
    if headers.get("sec-fetch-site", "none") not in _OWN:
        raise PermissionDenied(_REFUSED)
    origin = headers.get("origin")
    if origin is not None and not _is_own(origin, headers.get("host", ""), settings):
        raise PermissionDenied(_REFUSED)
    if _is_followed(headers):
        raise PermissionDenied(_REFUSED_LINK)


def is_answer_by_link(call: Call, needs: Needs) -> bool:
    """Whether a page, ours or another, leads a browser to a change that needs nobody signed in: a link of an approval.

    Its signature counts then, and the cookie does not: whoever wrote the link must not answer as whoever follows it.
    """
    return needs.role == "optional" and needs.action != "read" and _is_followed(call.headers)


def _is_followed(headers: Mapping[str, str]) -> bool:
    return (
        headers.get("sec-fetch-site", "none") != "none" and headers.get("sec-fetch-dest", "empty") != "empty"
    )


def require_own_origin(call: Call, settings: Settings) -> None:
    """For WebSockets, to which browsers apply no rule of their own: any origin that is named must be ours."""
    origin = call.headers.get("origin")
    if origin is not None and not _is_own(origin, call.headers.get("host", ""), settings):
        raise PermissionDenied(_REFUSED)


def _signs_in(call: Call) -> bool:
    """Signing somebody in is a change that needs no cookie to do harm."""
    return str(call.scope["path"]).startswith("/api/auth/")


def _is_own(origin: str, host: str, settings: Settings) -> bool:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https"):
        return False
    if settings.base_url and origin == settings.base_url.rstrip("/"):
        return True
    return parts.netloc.lower() == host.lower()


def open_headers(origin: str | None, settings: Settings) -> list[tuple[bytes, bytes]]:
    """The CORS headers for a site that may call the API with a token; none for others. Cookies stay out."""
    if origin is None or origin not in settings.allowed_origins:
        return []
    return [(b"access-control-allow-origin", origin.encode("latin-1", "replace")), (b"vary", b"Origin")]


def preflight_headers(origin: str | None, settings: Settings) -> list[tuple[bytes, bytes]]:
    """What a preflight request of a configured site is told."""
    opened = open_headers(origin, settings)
    if not opened:
        return []
    return [
        *opened,
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", b"Authorization, Content-Type, Accept"),
        (b"access-control-max-age", b"600"),
    ]
