"""Lets a caller in: token, membership, role, scope, in this order. Rights over objects follow in ``access.policy``."""

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

import msgspec

from postmill.access.policy import is_bypassing
from postmill.access.scopes import allows_some
from postmill.http.call import Call
from postmill.http.cross_site import is_answer_by_link
from postmill.http.operation import Needs
from postmill.kernel.errors import NotAuthenticated, NotAuthorized, PermissionDenied
from postmill.model.subject import ANONYMOUS, Subject

if TYPE_CHECKING:
    from postmill.identity.callers import Callers

COOKIE = "token"
# What running code may never do, whoever it runs as.
_CLOSED_TO_JOBS = frozenset({"tokens", "users", "settings", "workspaces", "groups"})


def read_token(call: Call) -> None:
    """Find the token: ``Authorization: Bearer``, then the cookie, then the query; sets token and token_source."""
    authorization = call.header(b"authorization")
    if authorization is not None:
        scheme, _, credentials = authorization.decode("latin-1").strip().partition(" ")
        if scheme.lower() == "bearer" and credentials.strip():
            call.token, call.token_source = credentials.strip(), "header"
            return
    cookie = call.header(b"cookie")
    if cookie is not None and b"token" in cookie:
        token = _cookie(cookie.decode("latin-1"))
        if token:
            call.token, call.token_source = token, "cookie"
            return
    if b"token=" in call.scope["query_string"]:
        for key, text in call.query_pairs():
            # The token of an approval (`items.approval_links.token_of`) says nothing of who asks. Only it has dots.
            if key == COOKIE and text.strip() and "." not in text:
                call.token, call.token_source = text.strip(), "query"
                return


def _cookie(header: str) -> str | None:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return morsel.value.strip() if morsel is not None else None


async def admit(call: Call, needs: Needs, callers: "Callers") -> None:
    """Set ``call.subject``; raises what keeps the caller out."""
    read_token(call)
    if needs.role == "public":
        return
    if call.by_cookie and is_answer_by_link(call, needs):
        call.token = call.token_source = None
    if call.token is None:
        if needs.role != "optional":
            raise NotAuthenticated("Unauthorized")
        call.subject = msgspec.structs.replace(
            ANONYMOUS, workspace_id=call.workspace or None, address=call.address
        )
        return
    # Elsewhere a workspace is what is acted on (perhaps an archived one), not where the caller stands.
    inside = str(call.scope["path"]).startswith("/api/w/")
    call.subject = await callers.identify(call.token, call.workspace if inside else None, call.address)
    require(call.subject, needs)


def require(subject: Subject, needs: Needs) -> None:
    """Raises NotAuthorized or PermissionDenied when role, token or scope keep the subject out."""
    _require_role(subject, needs)
    changes = needs.action != "read"
    if subject.read_only and changes:
        raise PermissionDenied("Permission denied: this token is read-only")
    if changes and subject.is_job and needs.domain in _CLOSED_TO_JOBS:
        raise PermissionDenied(f"Permission denied: a job may not change {needs.domain}")
    if subject.scopes is not None and not allows_some(subject.scopes, needs.domain, needs.action):
        raise PermissionDenied(f"Permission denied: this token lacks the scope {needs.domain}:{needs.action}")


def _require_role(subject: Subject, needs: Needs) -> None:
    if needs.role == "superadmin" and not subject.is_superadmin:
        raise PermissionDenied("Permission denied: Require Super Admin privileges")
    if needs.role == "superadmin" and subject.is_job:
        raise PermissionDenied("Permission denied: a job may not manage the instance")
    if needs.role == "admin" and not is_bypassing(subject):
        raise PermissionDenied("Require Admin privileges for this")
    if needs.role == "developer" and subject.is_operator and not is_bypassing(subject):
        raise NotAuthorized("Not authorized: operators may not create, edit or preview")
