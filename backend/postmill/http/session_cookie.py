"""The cookie that keeps a browser signed in."""

from http.cookies import SimpleCookie

from postmill.http.call import Call
from postmill.http.responses import Response
from postmill.identity.tokens import SESSION_DAYS


def with_session(call: Call, response: Response, token: str) -> Response:
    """The answer, with the session in a cookie; an empty token takes the cookie away."""
    max_age = SESSION_DAYS * 24 * 3600 if token else 0
    response.raw_headers.append((b"set-cookie", _cookie(call, token, max_age).encode("latin-1")))
    return response


def _cookie(call: Call, token: str, max_age: int) -> str:
    """A host-only cookie that scripts of the page cannot read."""
    cookie: SimpleCookie = SimpleCookie()
    cookie["token"] = token
    morsel = cookie["token"]
    morsel["httponly"] = True
    morsel["samesite"] = "Lax"
    morsel["path"] = "/"
    morsel["max-age"] = str(max_age)
    if call.scope.get("scheme") == "https" or call.context.settings.public_url.startswith("https:"):
        morsel["secure"] = True
    return morsel.OutputString()
