"""A deleted item that can be had back."""

from datetime import datetime

import msgspec

TRASH_DAYS = 3


class TrashItem(msgspec.Struct, frozen=True, kw_only=True):
    """``rows``: a JSON object with the rows that the item was, by table; left out of lists."""

    id: int
    workspace_id: str
    kind: str
    path: str
    deleted_by: str
    deleted_at: datetime
    expires_at: datetime
    rows: str = "{}"
