"""Settings with which scripts reach a bucket, from its resource."""

from typing import Any

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.items import bucket_connections
from postmill.items.bucket_connections import Bucket

TAGS = ("helpers",)
BASE = "/w/{workspace}/job_helpers"


class BucketByPath(msgspec.Struct, frozen=True, kw_only=True):
    """The path of a resource of type ``s3``; ``$res:`` may stand before it."""

    s3_resource_path: str | None = None


class BucketByValue(msgspec.Struct, frozen=True, kw_only=True):
    s3_resource: Bucket


class DuckDbSettings(msgspec.Struct, frozen=True):
    connection_settings_str: str


class PolarsSettings(msgspec.Struct, frozen=True):
    s3fs_args: dict[str, Any]
    storage_options: dict[str, str]


async def _by_path(call: Call) -> Bucket:
    given: BucketByPath = await call.json(BucketByPath)
    context = call.context
    return await bucket_connections.read(
        context.pool, context.keyring, call.subject, call.workspace, given.s3_resource_path
    )


async def _by_value(call: Call) -> Bucket:
    given: BucketByValue = await call.json(BucketByValue)
    return given.s3_resource


async def info(call: Call) -> Response:
    return as_json(await _by_path(call))


async def duckdb(call: Call) -> Response:
    return as_json(DuckDbSettings(bucket_connections.duckdb_settings(await _by_path(call))))


async def duckdb_by_value(call: Call) -> Response:
    return as_json(DuckDbSettings(bucket_connections.duckdb_settings(await _by_value(call))))


async def polars(call: Call) -> Response:
    bucket = await _by_path(call)
    return as_json(
        PolarsSettings(bucket_connections.s3fs_args(bucket), bucket_connections.storage_options(bucket))
    )


async def polars_by_value(call: Call) -> Response:
    return as_json(bucket_connections.s3fs_args(await _by_value(call)))


OPERATIONS = (
    Operation(
        "s3ResourceInfo", "POST", f"{BASE}/v2/s3_resource_info", info, "resources:read", TAGS,
        "The bucket that a resource describes, with its credentials", body=BucketByPath, returns=Bucket,
    ),
    Operation(
        "duckdbConnectionSettingsV2", "POST", f"{BASE}/v2/duckdb_connection_settings", duckdb, "resources:read",
        TAGS, "Statements that let DuckDB reach the bucket of a resource", body=BucketByPath,
        returns=DuckDbSettings,
    ),
    Operation(
        "polarsConnectionSettingsV2", "POST", f"{BASE}/v2/polars_connection_settings", polars, "resources:read",
        TAGS, "Arguments with which Polars reaches the bucket of a resource", body=BucketByPath,
        returns=PolarsSettings,
    ),
    Operation(
        "duckdbConnectionSettings", "POST", f"{BASE}/duckdb_connection_settings", duckdb_by_value,
        "job_helpers:read", TAGS, "Statements that let DuckDB reach a bucket", body=BucketByValue,
        returns=DuckDbSettings,
    ),
    Operation(
        "polarsConnectionSettings", "POST", f"{BASE}/polars_connection_settings", polars_by_value,
        "job_helpers:read", TAGS, "Arguments with which s3fs reaches a bucket", body=BucketByValue,
        returns=dict[str, Any],
    ),
)  # fmt: skip
