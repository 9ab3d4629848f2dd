"""What a run may say of itself to others: who it runs as, and which deployed code it is."""

import math
from typing import Any

from msgspec import Struct

from postmill.kernel.errors import InvalidInput
from postmill.model.flow_paths import whole_path
from postmill.model.subject import Subject

DEFAULT_SECONDS = 3600
LONGEST_SECONDS = 48 * 3600
MAX_AUDIENCE = 255


class RunOrigin(Struct, frozen=True, kw_only=True):
    """What a run runs; ``flow_kind`` and ``flow_path`` are of the run whose step it is, null for no step."""

    job_id: str
    kind: str
    path: str | None
    flow_kind: str | None = None
    flow_path: str | None = None


def lifetime(seconds: float | None) -> int:
    """For how many seconds a token is good; raises InvalidInput."""
    if seconds is None:
        return DEFAULT_SECONDS
    if not math.isfinite(seconds) or not 1 <= seconds <= LONGEST_SECONDS:
        raise InvalidInput(f"Bad request: expires_in lies between 1 and {LONGEST_SECONDS} seconds")
    return int(seconds)


def require_audience(audience: str) -> str:
    """Raises InvalidInput for one that is empty, too long or not printable."""
    if not audience or len(audience) > MAX_AUDIENCE or not audience.isprintable():
        raise InvalidInput(f"Bad request: an audience has 1 to {MAX_AUDIENCE} printable characters")
    return audience


def id_claims(
    subject: Subject, origin: RunOrigin, *, issuer: str, audience: str, issued_at: int, seconds: int
) -> dict[str, Any]:
    """The claims of a token.

    A preview runs any code under any path: ``path`` and ``flow_path`` are those of deployed code alone, else empty.
    """
    in_deployed_flow = origin.flow_kind == "flow"
    flow_path = whole_path(origin.flow_path or "") if in_deployed_flow else ""
    is_deployed = origin.kind == "script" or (origin.kind == "preview" and in_deployed_flow)
    path = origin.path or "" if is_deployed else ""
    workspace = subject.workspace_id or ""
    return {
        "iss": issuer,
        "aud": audience,
        "sub": "::".join((subject.email, path, flow_path, workspace)),
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + seconds,
        "email": subject.email,
        "username": subject.username,
        "groups": sorted(subject.groups),
        "workspace": workspace,
        "job_id": origin.job_id,
        "path": path,
        "flow_path": flow_path,
    }
