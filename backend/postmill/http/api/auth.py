"""Signing in and out."""

from http.cookies import SimpleCookie

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import sign_in
from postmill.identity.tokens import SESSION_DAYS
from postmill.kernel.errors import NotAuthenticated, NotFound

TAGS = ("user",)


class Login(msgspec.Struct, frozen=True):
    email: str
    password: str


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


async def login(call: Call) -> Response:
    given = await call.json(Login)
    token = await sign_in.sign_in(call.context.pool, given.email, given.password, call.address)
    response = text(token)
    cookie = _cookie(call, token, SESSION_DAYS * 24 * 3600)
    response.raw_headers.append((b"set-cookie", cookie.encode("latin-1")))
    return response


async def logout(call: Call) -> Response:
    if call.token is not None:
        try:
            subject = await call.callers.identify(call.token, None, call.address)
        except (NotAuthenticated, NotFound):
            subject = None
        if subject is not None and subject.token_kind == "session":  # noqa: S105 - a kind
            await sign_in.sign_out(call.context.pool, call.token, subject)
    response = text("logged out successfully")
    response.raw_headers.append((b"set-cookie", _cookie(call, "", 0).encode("latin-1")))
    return response


async def never(_call: Call) -> Response:
    return as_json(False)


OPERATIONS = (
    Operation(
        "login",
        "POST",
        "/auth/login",
        login,
        "public",
        TAGS,
        "Sign in with e-mail and password",
        body=Login,
        returns=str,
    ),
    Operation("logout", "POST", "/auth/logout", logout, "public", TAGS, "End the session", returns=str),
    Operation(
        "isPasswordLoginDisabled",
        "GET",
        "/auth/is_password_login_disabled",
        never,
        "public",
        TAGS,
        "Whether passwords are not accepted",
        returns=bool,
    ),
    Operation(
        "isSmtpConfigured",
        "GET",
        "/auth/is_smtp_configured",
        never,
        "public",
        TAGS,
        "Whether this server can send e-mail",
        returns=bool,
    ),
    Operation(
        "isFirstTimeSetup",
        "GET",
        "/auth/is_first_time_setup",
        never,
        "public",
        TAGS,
        "Whether an administrator must still be made; the first start makes one",
        returns=bool,
    ),
)
