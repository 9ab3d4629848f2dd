"""Which runs count as the same for a cached result. Pure."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec


def cache_key(
    workspace: str,
    runnable: str,
    permissioned_as: str,
    args: Mapping[str, Any],
    scopes: tuple[str, ...] | None = None,
) -> str:
    """Equal for runs of the same version, as the same identity, with equal arguments in any order.

    The identity and its limits belong to it: what a run may read through references and its token depends on them.
    """
    named = [workspace, runnable, permissioned_as, args]
    document = msgspec.json.encode(named if scopes is None else [*named, sorted(scopes)], order="sorted")
    return sha256(document).hexdigest()
