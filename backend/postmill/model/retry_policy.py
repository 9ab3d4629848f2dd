"""When a failed run runs again, as on the wire.

``{"constant": {"attempts", "seconds"}, "exponential": {"attempts", "multiplier", "seconds", "random_factor"}}``.
"""

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput


class Constant(msgspec.Struct, frozen=True):
    attempts: int = 0
    seconds: float = 0


class Exponential(msgspec.Struct, frozen=True):
    attempts: int = 0
    multiplier: float = 1
    seconds: float = 0
    random_factor: float | None = None  # percent


class RetryPolicy(msgspec.Struct, frozen=True):
    constant: Constant = Constant()
    exponential: Exponential = Exponential()


def parse_policy(text: str) -> RetryPolicy:
    """Raises InvalidInput for what is no policy; members that are null are taken as absent."""
    members = json.decode_as(text, dict[str, msgspec.Raw])
    present = {name: value for name, value in members.items() if bytes(value) != b"null"}
    if "retry_if" in present:
        raise InvalidInput("Bad request: retry_if belongs to the steps of flows; a script cannot have it")
    return json.decode_as(json.encode(present), RetryPolicy)
