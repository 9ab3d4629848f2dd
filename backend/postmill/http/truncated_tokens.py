"""Tokens as lists show them."""

from datetime import datetime

import msgspec

from postmill.tables.people.token import TokenRow


class TruncatedToken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token as lists show it: by its prefix."""

    token_prefix: str
    created_at: datetime
    last_used_at: datetime
    read_only: bool
    email: str
    label: str | None = None
    expiration: datetime | None = None
    scopes: list[str] | None = None
    workspace_id: str | None = None


def truncated(row: TokenRow) -> TruncatedToken:
    return TruncatedToken(
        token_prefix=row.prefix,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        read_only=row.read_only,
        email=row.email,
        label=row.label,
        expiration=row.expires_at,
        scopes=row.scopes,
        workspace_id=row.workspace_id,
    )
