"""Which runs count as the same for a cached result. Pure."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec


def cache_key(workspace: str, runnable: str, permissioned_as: str, args: Mapping[str, Any]) -> str:
    """Equal for runs of the same version, as the same identity, with equal arguments in any order.

    The identity belongs to it: what a run may read through references and its token depends on it.
    """
    document = msgspec.json.encode([workspace, runnable, permissioned_as, args], order="sorted")
    return sha256(document).hexdigest()
