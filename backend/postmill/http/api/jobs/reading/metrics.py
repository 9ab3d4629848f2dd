"""Progress and other figures of jobs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, raw_json
from postmill.kernel.errors import InvalidInput
from postmill.queue import jobs, metrics

LARGEST_PERCENT = 1_000_000
DATAPOINTS = 120
LARGEST_DATAPOINTS = 10_000
METRIC_NAMES = {"memory_kb": "Memory (kB)", "cpu_percent": "Processor (%)"}


class ProgressBody(msgspec.Struct, frozen=True):
    """``flow_job_id`` is sent by clients for steps of flows."""

    percent: int | None = None
    flow_job_id: UUID | None = None


class MetricsBody(msgspec.Struct, frozen=True):
    timeseries_max_datapoints: int | None = None
    from_timestamp: datetime | None = None
    to_timestamp: datetime | None = None


class MetricMetadata(msgspec.Struct, frozen=True):
    id: str
    name: str


class ScalarMetric(msgspec.Struct, frozen=True):
    id: str
    metric_id: str
    value: float


class DataPoint(msgspec.Struct, frozen=True):
    timestamp: datetime
    value: float


class TimeseriesMetric(msgspec.Struct, frozen=True):
    id: str
    metric_id: str
    values: list[DataPoint]


class JobMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """``memory_kb`` and ``cpu_percent`` come as series, what the job reported as single values."""

    metrics_metadata: list[MetricMetadata]
    scalar_metrics: list[ScalarMetric]
    timeseries_metrics: list[TimeseriesMetric]


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
    """The latest value of every figure that a job reported, and what it used over time, within the asked span."""
    body: MetricsBody = await call.json(MetricsBody) if await call.raw_body() else MetricsBody()
    most = DATAPOINTS if body.timeseries_max_datapoints is None else body.timeseries_max_datapoints
    if not 1 <= most <= LARGEST_DATAPOINTS:
        raise InvalidInput(f"Bad request: timeseries_max_datapoints lies between 1 and {LARGEST_DATAPOINTS}")
    job_id = job_id_of(call)
    values = await jobs.metric_values(call.context.pool, call.subject, call.workspace, job_id)
    points = [point for point in await metrics.usage_of(call.context.pool, job_id) if _within(point.at, body)]
    points = metrics.thinned(points, most)
    kept = [(name, value) for name, value, at in values if _within(at, body)]
    series = (
        {
            "memory_kb": [DataPoint(point.at, point.memory_kb) for point in points],
            "cpu_percent": [DataPoint(point.at, round(cpu, 1)) for point, cpu in metrics.cpu_percent(points)],
        }
        if points
        else {}
    )
    return as_json(
        JobMetrics(
            metrics_metadata=[
                MetricMetadata(name, METRIC_NAMES.get(name, name)) for name in [*dict(kept), *series]
            ],
            scalar_metrics=[ScalarMetric(name, name, value) for name, value in kept],
            timeseries_metrics=[TimeseriesMetric(name, name, given) for name, given in series.items()],
        )
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
        ("metrics",), "What a job reported about itself, and its memory and processor use over time", body=MetricsBody,
        returns=JobMetrics,
    ),
)  # fmt: skip
