"""Settings with which scripts reach a bucket that a resource describes."""

import json
from typing import Any

import pytest

from postmill.items.bucket_connections import Bucket, duckdb_settings

VALUE = {
    "bucket": "reports", "region": "eu-central-1", "endPoint": "minio.example.com:9000", "useSSL": False,
    "accessKey": "key", "secretKey": "$var:u/admin/key", "pathStyle": True,
}  # fmt: skip
PATH = {"s3_resource_path": "u/admin/bucket"}
BASE = "job_helpers"


@pytest.fixture
async def bucket(world: Any) -> Any:
    secret = {"path": "u/admin/key", "value": "it's secret", "is_secret": True, "description": ""}
    await world.admin.post("variables/create", secret, 201)
    await world.admin.post(
        "resources/create", {"path": "u/admin/bucket", "value": VALUE, "resource_type": "s3"}, 201
    )
    return world


async def test_the_bucket_comes_with_its_secrets(bucket: Any) -> None:
    for path in ("u/admin/bucket", "$res:u/admin/bucket"):
        found = json.loads(await bucket.admin.post(f"{BASE}/v2/s3_resource_info", {"s3_resource_path": path}))
        assert found == {**VALUE, "secretKey": "it's secret"}


async def test_each_library_gets_its_words(bucket: Any) -> None:
    duckdb = json.loads(await bucket.admin.post(f"{BASE}/v2/duckdb_connection_settings", PATH))
    statements = duckdb["connection_settings_str"].splitlines()
    assert "SET s3_endpoint='minio.example.com:9000';" in statements
    assert "SET s3_secret_access_key='it''s secret';" in statements
    assert {"SET s3_url_style='path';", "SET s3_use_ssl=false;"} <= set(statements)
    polars = json.loads(await bucket.admin.post(f"{BASE}/v2/polars_connection_settings", PATH))
    assert polars["s3fs_args"] == {
        "endpoint_url": "http://minio.example.com:9000", "key": "key", "secret": "it's secret", "use_ssl": False,
        "cache_regions": False, "client_kwargs": {"region_name": "eu-central-1"},
    }  # fmt: skip
    assert polars["storage_options"] == {
        "aws_endpoint_url": "http://minio.example.com:9000", "aws_access_key_id": "key",
        "aws_secret_access_key": "it's secret", "aws_region": "eu-central-1", "aws_allow_http": "true",
    }  # fmt: skip
    given = {"s3_resource": {**VALUE, "secretKey": "it's secret"}}
    assert json.loads(await bucket.admin.post(f"{BASE}/duckdb_connection_settings", given)) == duckdb
    assert (
        json.loads(await bucket.admin.post(f"{BASE}/polars_connection_settings", given))
        == polars["s3fs_args"]
    )


async def test_rights_are_those_of_the_resource_and_the_instance_gives_nothing(bucket: Any) -> None:
    alice = await bucket.member("alice")
    for name in ("s3_resource_info", "duckdb_connection_settings", "polars_connection_settings"):
        await alice.refused("POST", f"{BASE}/v2/{name}", 404, json=PATH)
        answer = await bucket.admin.refused("POST", f"{BASE}/v2/{name}", 400, json={})
        assert answer is None or "belongs to the instance" in str(answer)


async def test_a_resource_that_is_no_bucket_is_refused(world: Any) -> None:
    await world.admin.post(
        "resources/create", {"path": "u/admin/bucket", "value": {"host": "x"}, "resource_type": "any"}, 201
    )
    await world.admin.refused("POST", f"{BASE}/v2/s3_resource_info", 400, json=PATH)


def test_without_an_end_point_it_is_amazons() -> None:
    bucket = Bucket(bucket="b", region="eu-west-1")
    assert bucket.url == "https://s3.eu-west-1.amazonaws.com"
    assert "SET s3_url_style='vhost';" in duckdb_settings(bucket)
    assert Bucket(bucket="b", end_point="https://x.org").url == "https://x.org"
