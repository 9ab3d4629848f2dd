"""Signing in and out."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.http.session_cookie import with_session
from postmill.identity import sign_in
from postmill.kernel.errors import NotAuthenticated, NotFound

TAGS = ("user",)


class Login(msgspec.Struct, frozen=True):
    email: str
    password: str


async def login(call: Call) -> Response:
    given = await call.json(Login)
    token = await sign_in.sign_in(call.context.pool, given.email, given.password, call.address)
    return with_session(call, text(token), token)


async def logout(call: Call) -> Response:
    if call.token is not None:
        try:
            subject = await call.callers.identify(call.token, None, call.address)
        except (NotAuthenticated, NotFound):
            subject = None
        if subject is not None and subject.token_kind == "session":  # noqa: S105 - a kind
            await sign_in.sign_out(call.context.pool, call.token, subject)
    return with_session(call, text("logged out successfully"), "")


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
