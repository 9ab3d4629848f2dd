"""Whether this server is alive, and what it is."""

from datetime import datetime
from typing import Literal

import msgspec

import postmill
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import liveness
from postmill.kernel.errors import NotAuthenticated
from postmill.queue import fleet

# Public clients read the first two words: the edition and the version whose interface is spoken.
SPOKEN_VERSION = "CE v1.788.0"
WORKER_SILENCE_SECONDS = 60.0


class HealthStatus(msgspec.Struct, frozen=True, kw_only=True):
    """``degraded``: the database answers, but no worker is there."""

    status: Literal["healthy", "degraded", "unhealthy"]
    checked_at: datetime
    database_healthy: bool
    workers_alive: int


class InstanceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in page needs to know."""

    version: str
    first_start_done: bool
    sign_in: list[str]
    signed_in: bool


class KeepAliveVersions(msgspec.Struct, frozen=True, kw_only=True):
    worker: str
    agent: str


async def version(_call: Call) -> Response:
    return text(f"{SPOKEN_VERSION} (postmill {postmill.__version__})")


async def up_to_date(_call: Call) -> Response:
    """Nothing is looked up elsewhere: this server knows of no newer release."""
    return text("yes")


async def min_keep_alive_version(_call: Call) -> Response:
    return as_json(KeepAliveVersions(worker="1.0.0", agent="1.0.0"))


async def health(call: Call) -> Response:
    answers = await liveness.database_answers(call.context.pool)
    workers = 0
    if answers:
        workers = len(await fleet.list_workers(call.context.pool, silent_seconds=WORKER_SILENCE_SECONDS))
    status = HealthStatus(
        status="unhealthy" if not answers else "healthy" if workers else "degraded",
        checked_at=call.context.clock(),
        database_healthy=answers,
        workers_alive=workers,
    )
    return as_json(status, 200 if answers else 503)


async def _is_signed_in(call: Call) -> bool:
    """Whether the request carries a good token, told without a refusal."""
    if call.token is None:
        return False
    try:
        await call.callers.identify(call.token, None, call.address)
    except NotAuthenticated:
        return False
    return True


async def instance_status(call: Call) -> Response:
    return as_json(
        InstanceStatus(
            version=postmill.__version__,
            first_start_done=await liveness.is_set_up(call.context.pool),
            sign_in=["password"],
            signed_in=await _is_signed_in(call),
        )
    )


OPERATIONS = (
    Operation(
        "backendVersion",
        "GET",
        "/version",
        version,
        "public",
        ("settings",),
        "The version of this server",
        returns=str,
    ),
    Operation(
        "backendUptodate",
        "GET",
        "/uptodate",
        up_to_date,
        "public",
        ("settings",),
        "Whether a newer release is known",
        returns=str,
    ),
    Operation(
        "getMinKeepAliveVersion",
        "GET",
        "/min_keep_alive_version",
        min_keep_alive_version,
        "public",
        ("setting",),
        "The oldest versions of workers that this server works with",
        returns=KeepAliveVersions,
    ),
    Operation(
        "getHealthStatus",
        "GET",
        "/health/status",
        health,
        "public",
        ("health",),
        "Whether database and workers are there; 503 without a database",
        returns=HealthStatus,
    ),
    Operation(
        "getInstanceStatus",
        "GET",
        "/instance/status",
        instance_status,
        "public",
        ("postmill",),
        "What the sign-in page needs to know",
        returns=InstanceStatus,
    ),
)
