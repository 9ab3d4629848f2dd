"""Who asks, and what they are in the workspace. Every permissioned function takes a Subject as required parameter."""

from typing import Literal
from uuid import UUID

import msgspec

FolderRight = Literal["read", "write", "owner"]
TokenKind = Literal["session", "user", "job", "anonymous", "system"]


class Subject(msgspec.Struct, frozen=True):
    """An identity with its roles, groups and folder rights in one workspace.

    ``workspace_id`` is None for routes outside a workspace. ``username`` is the name in the workspace
    (the e-mail address where there is none). ``scopes`` None means everything the identity may do.
    """

    email: str
    username: str
    workspace_id: str | None = None
    is_superadmin: bool = False
    is_admin: bool = False
    is_operator: bool = False
    groups: frozenset[str] = frozenset()
    folders: dict[str, FolderRight] = {}
    scopes: tuple[str, ...] | None = None
    read_only: bool = False
    token_kind: TokenKind = "user"  # noqa: S105 - a kind, not a token
    token_prefix: str | None = None
    token_workspace_id: str | None = None  # the only workspace that the token is good for
    job_id: UUID | None = None
    address: str | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.token_kind == "anonymous"  # noqa: S105 - the kind of a token, not a token

    @property
    def is_job(self) -> bool:
        """Whether this is code that runs, with the token of its job."""
        return self.token_kind == "job"  # noqa: S105 - the kind of a token, not a token

    @property
    def permissioned_as(self) -> str:
        """The identity that jobs of this subject run as, for instance ``u/alice``."""
        return f"u/{self.username}" if self.workspace_id else self.email

    @property
    def grants(self) -> tuple[str, ...]:
        """The keys of an item's ``extra_perms`` that speak of this subject."""
        return (f"u/{self.username}", *(f"g/{group}" for group in sorted(self.groups)), "g/all")


ANONYMOUS = Subject(email="anonymous", username="anonymous", token_kind="anonymous")  # noqa: S106 - a kind
