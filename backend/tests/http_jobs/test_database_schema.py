"""Listing what a database holds is an ordinary run with the caller's rights."""

import asyncio
from typing import Any

import pytest

from .conftest import World

ADDRESS = "jobs/run_wait_result/database_schema"
ROWS = [
    {"table_schema": "s", "table_name": "t", "column_name": "c", "data_type": "int", "is_nullable": "NO"},
]


async def test_the_answer_is_the_result_of_a_run(world: World) -> None:
    body = {"language": "postgresql", "resource": "f/shared/db"}
    asked = asyncio.create_task(world.admin("POST", ADDRESS, json=body, params={"tag": "special"}))
    job = await world.worker.claim()
    assert (job.kind, job.language, job.permissioned_as) == ("preview", "postgresql", "u/admin")
    assert job.raw_code is not None
    assert job.raw_code.startswith("-- database f/shared/db\nSELECT table_schema")
    await world.worker.end(job, ROWS)
    response = await asked
    assert (response.status_code, response.json()) == (200, ROWS)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"language": "cobol", "resource": "f/a/b"}, "the tables of 'cobol' cannot be listed"),
        ({"language": "duckdb", "resource": "f/a/b"}, "only those of: bigquery"),
        ({"language": "postgresql", "resource": "f/a/b\ndrop table x"}, "is not a path"),
        ({"language": "postgresql", "resource": "$res:f/a/b"}, "is not a path"),
        ({"language": "postgresql"}, "resource"),
        ([], "Bad request"),
    ],
)
async def test_bad_requests_are_refused(world: World, body: Any, message: str) -> None:
    response = await world.admin("POST", ADDRESS, json=body)
    assert response.status_code == 400
    assert message in response.text
