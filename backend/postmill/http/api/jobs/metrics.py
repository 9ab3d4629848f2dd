"""Progress and other figures that running jobs report."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.http.api.jobs.read import job_id_of
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, raw_json
from postmill.kernel.errors import InvalidInput
from postmill.queue import jobs, metrics

LARGEST_PERCENT = 1_000_000


class ProgressBody(msgspec.Struct, frozen=True):
    """``flow_job_id`` is sent by clients for steps of flows."""

    percent: int | None = None
    flow_job_id: UUID | None = None


class MetricsBody(msgspec.Struct, frozen=True):
    timeseries_max_datapoints: int | None = None
    from_timestamp: datetime | None = None
    to_timestamp: datetime | None = None


async def set_progress(call: Call) -> Response:
    job_id = job_id_of(call)
    body = await call.json(ProgressBody)
    if body.percent is None or abs(body.percent) > LARGEST_PERCENT:
        raise InvalidInput("Bad request: percent must be a whole number, usually 0 to 100")
    await jobs.require_visible(call.context.pool, call.subject, call.workspace, job_id)
    await metrics.set_progress(call.context.pool, call.workspace, job_id, body.percent)
    return raw_json("null")


async def get_progress(call: Call) -> Response:
    job_id = job_id_of(call)
    await jobs.require_visible(call.context.pool, call.subject, call.workspace, job_id)
    return as_json(await metrics.get_progress(call.context.pool, call.workspace, job_id))


async def get_metrics(call: Call) -> Response:
    """The latest value of every figure of a job, those recorded in the asked span."""
    body: MetricsBody = await call.json(MetricsBody) if await call.raw_body() else MetricsBody()
    values = await jobs.metric_values(call.context.pool, call.subject, call.workspace, job_id_of(call))
    kept = [(name, value) for name, value, at in values if _within(at, body)]
    return as_json(
        {
            "metrics_metadata": [{"id": name, "name": name} for name, _ in kept],
            "scalar_metrics": [{"id": name, "metric_id": name, "value": value} for name, value in kept],
            "timeseries_metrics": [],
        }
    )


def _within(at: datetime, body: MetricsBody) -> bool:
    for bound in (body.from_timestamp, body.to_timestamp):
        if bound is not None and bound.tzinfo is None:
            raise InvalidInput("Bad request: timestamps need an offset, for instance 2026-01-31T09:00:00Z")
    return (body.from_timestamp is None or at >= body.from_timestamp) and (
        body.to_timestamp is None or at <= body.to_timestamp
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "setJobProgress", "POST", "/w/{workspace}/job_metrics/set_progress/{id}", set_progress,
        "job_metrics:write", ("metrics",), "Report how far a job is", body=ProgressBody, returns=Any,
    ),
    Operation(
        "getJobProgress", "GET", "/w/{workspace}/job_metrics/get_progress/{id}", get_progress, "job_metrics:read",
        ("metrics",), "How far a job is, 0 to 99; null when it does not say", returns=int,
    ),
    Operation(
        "getJobMetrics", "POST", "/w/{workspace}/job_metrics/get/{id}", get_metrics, "job_metrics:read",
        ("metrics",), "The figures that a job reported", body=MetricsBody, returns=dict,
    ),
)  # fmt: skip
