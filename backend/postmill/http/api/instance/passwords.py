"""Forgotten passwords: links that superadmins make, and the door that they open once."""

from datetime import datetime

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.identity import password_reset
from postmill.kernel.errors import InvalidInput

TAGS = ("user",)
PAGE = "reset-password"


class ForgottenBy(msgspec.Struct, frozen=True, kw_only=True):
    email: str


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    new_password: str


class PasswordResetResponse(msgspec.Struct, frozen=True):
    message: str


class PasswordResetLink(msgspec.Struct, frozen=True, kw_only=True):
    """``url`` is the page that asks for the new password; its token stands behind ``#``, which no log sees."""

    token: str
    url: str
    expires_at: datetime


async def request_reset(call: Call) -> Response:
    """One answer for every address: this server sends no e-mail."""
    await call.json(ForgottenBy)
    raise InvalidInput(
        "Bad request: this server sends no e-mail; ask an administrator for a link to choose a new password"
    )


async def reset(call: Call) -> Response:
    given: NewPassword = await call.json(NewPassword)
    await password_reset.use_link(call.context.pool, given.token, given.new_password, call.address)
    return as_json(PasswordResetResponse("The password is changed; sign in with it"))


async def make_link(call: Call) -> Response:
    link = await password_reset.make_link(call.context.pool, call.subject, call.path("email"))
    url = f"{call.context.settings.public_url.rstrip('/')}/{PAGE}#{link.token}"
    return as_json(PasswordResetLink(token=link.token, url=url, expires_at=link.expires_at))


OPERATIONS = (
    Operation(
        "requestPasswordReset", "POST", "/auth/request_password_reset", request_reset, "public", TAGS,
        "Refused with a sentence: administrators make links instead of e-mail", body=ForgottenBy,
        returns=PasswordResetResponse,
    ),
    Operation(
        "resetPassword", "POST", "/auth/reset_password", reset, "public", TAGS,
        "Choose a new password with a link", body=NewPassword, returns=PasswordResetResponse,
    ),
    Operation(
        "makePasswordResetLink", "POST", "/users/password_reset_link/{email}", make_link, "superadmin:users:write",
        ("postmill", *TAGS), "Make a link with which the owner of an account chooses a new password, once",
        returns=PasswordResetLink,
    ),
)  # fmt: skip
