"""What a list of items is narrowed to."""

import msgspec


class ItemFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None leaves a member out; texts match anywhere, whatever their case. ``broad_filter`` looks into all of them."""

    path_start: str | None = None
    path: str | None = None
    description: str | None = None
    value: str | None = None
    broad_filter: str | None = None
    label: str | None = None
