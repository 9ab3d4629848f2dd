"""The table type of the API: one ``Operation`` per route, from which routing, rights and OpenAPI derive."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from postmill.access.scopes import ACTIONS, DOMAINS

if TYPE_CHECKING:
    from postmill.http.call import Call
    from postmill.http.sockets import Socket

Handler = Callable[["Call"], Awaitable[Response]]
SocketHandler = Callable[["Call", "Socket"], Awaitable[None]]

_ROLES = ("public", "optional", "login", "superadmin", "member", "admin", "developer")
_DOMAINS_OF_RIGHTS = frozenset({"users", "tokens", "workspaces", "groups", "folders"})
# The scope domains of tags that are named otherwise in the public description.
_DOMAIN_OF_TAG = {
    "user": "users",
    "workspace": "workspaces",
    "script": "scripts",
    "flow": "flows",
    "variable": "variables",
    "resource": "resources",
    "job": "jobs",
    "folder": "folders",
    "group": "groups",
    "worker": "workers",
    "config": "configs",
    "setting": "settings",
    "granular_acl": "acls",
    "input": "inputs",
    "favorite": "favorites",
    "draft": "drafts",
    "metrics": "job_metrics",
    "auth": "users",
}


@dataclass(frozen=True, slots=True)
class Needs:
    """A parsed ``Operation.needs``: the role, and the scope that a restricted token must hold."""

    role: str
    domain: str
    action: str

    @property
    def changes_rights(self) -> bool:
        """Whether a call may change who may do what."""
        return self.action != "read" and self.domain in _DOMAINS_OF_RIGHTS

    @property
    def in_workspace(self) -> bool:
        return self.role in ("member", "admin", "developer")


@dataclass(frozen=True)
class Operation:
    """One route.

    ``path`` is relative to ``/api``: ``/w/{workspace}/variables/get/{path:path}``. ``needs`` is the right to enter:

    - ``public``: nobody is asked who they are; ``optional``: a token is honoured, without one the caller is anonymous;
    - ``login``, ``superadmin``: an account, whatever the workspace;
    - ``member``, ``admin``, ``developer`` (not an operator): a role in the workspace of the path;
    - ``variables:read`` is short for ``member:variables:read``. Any role can carry such a scope; without one it
      is derived from the first tag and the method, so that a token with scopes enters nowhere by accident.

    With ``socket`` the route is a WebSocket: who comes in is decided by the same ``needs``, before it is opened, and
    pages of other sites are kept out whatever the method says.
    """

    id: str
    method: str
    path: str
    handler: Handler
    needs: str
    tags: tuple[str, ...]
    summary: str = ""
    body: Any = None
    query: type | None = None
    returns: Any = None
    status: int = 200
    socket: SocketHandler | None = None

    def parsed_needs(self) -> Needs:
        """Raises ValueError for a missing or unknown declaration: the server does not start with one."""
        parts = self.needs.split(":") if self.needs else []
        if not parts:
            raise ValueError(f"operation {self.id} does not declare what it needs")
        if parts[0] in _ROLES:
            role, scope = parts[0], parts[1:]
        else:
            role, scope = "member", parts
        domain, action = scope if len(scope) == 2 else (self._default_domain(), self._default_action())
        if len(scope) not in (0, 2) or domain not in DOMAINS or action not in ACTIONS:
            raise ValueError(f"operation {self.id} declares the unknown need {self.needs!r}")
        needs = Needs(role, domain, action)
        if needs.in_workspace and "{workspace}" not in self.path:
            raise ValueError(f"operation {self.id} needs a workspace role, but has no workspace in its path")
        return needs

    def _default_domain(self) -> str:
        tag = self.tags[0] if self.tags else ""
        tag = _DOMAIN_OF_TAG.get(tag, tag)
        return tag if tag in DOMAINS else "workspaces"

    def _default_action(self) -> str:
        return "read" if self.method in ("GET", "HEAD") else "write"
