"""SQL scripts on a whole platform: deployed, with a resource that holds a secret, run, listed, refused, cancelled."""

from collections.abc import Iterator
from typing import Any

import pytest
from platform_process import Platform, eventually
from sql_database import sql_database

PASSWORD_PATH = "u/admin/sql_password"
RESOURCE = "u/admin/sql"


@pytest.fixture(scope="module")
def database(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The resource refers to its password, as the form makes it."""
    with sql_database(tmp_path_factory.mktemp("sql")) as value:
        secret = {"path": PASSWORD_PATH, "value": value["password"], "is_secret": True, "description": ""}
        platform.post("variables/create", secret)
        kept = {**value, "password": f"$var:{PASSWORD_PATH}"}
        resource = {"path": RESOURCE, "resource_type": "postgresql", "value": kept, "description": ""}
        platform.post("resources/create", resource)
        yield value


def test_a_script_gets_its_database_from_a_resource(platform: Platform, database: dict[str, Any]) -> None:
    platform.deploy("u/admin/double", "-- $1 n (int) = 4\nSELECT $1 * 2 AS doubled", "postgresql")
    assert platform.run("u/admin/double", {"database": f"$res:{RESOURCE}", "n": 21}) == [{"doubled": 42}]
    job = platform.wait_for(platform.start("u/admin/double", {"database": f"$res:{RESOURCE}"}))
    assert (job["result"], job["args"]["database"]) == ([{"doubled": 8}], f"$res:{RESOURCE}")


def test_columns_are_told_where_the_rows_do_not(platform: Platform, database: dict[str, Any]) -> None:
    def columns(select: str) -> Any:
        preview = {"content": f"-- database {RESOURCE}\n{select}", "language": "postgresql", "args": {}}
        return platform.wait_for(platform.post("jobs/run/preview", preview).text).get("result_columns")

    assert columns("SELECT 1 AS b, 2 AS a WHERE false") == ["b", "a"]
    assert columns('SELECT 1 AS b, 2 AS "2"') == ["b", "2"]
    assert columns("SELECT 1 AS b, 2 AS a") is None


def test_nothing_tells_the_password(platform: Platform, database: dict[str, Any]) -> None:
    code = f"-- database {RESOURCE}\nDO $$ BEGIN RAISE NOTICE 'it is %', '{database['password']}'; END $$; SELECT nope"
    job = platform.wait_for(
        platform.post("jobs/run/preview", {"content": code, "language": "postgresql", "args": {}}).text
    )
    assert 'column "nope" does not exist' in job["result"]["error"]["message"]
    log = platform.text(f"jobs_u/get_logs/{job['id']}")
    assert "it is ****" in log
    assert database["password"] not in log + str(job["result"])


def test_cancelling_ends_the_statement(platform: Platform, database: dict[str, Any]) -> None:
    code = f'-- database {RESOURCE}\nSELECT pg_sleep(60) AS "to be cancelled"'
    job_id = platform.post("jobs/run/preview", {"content": code, "language": "postgresql", "args": {}}).text
    count = (
        f"-- database {RESOURCE}\n-- result_collection=last_statement_first_row_scalar\n"
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS \"to be cancelled\"' AND state = 'active'"
    )

    def running() -> Any:
        body = {"content": count, "language": "postgresql", "args": {}}
        return platform.post("jobs/run_wait_result/preview", body).json()

    eventually(lambda: running() == 1)
    platform.post(f"jobs_u/queue/cancel/{job_id}", {"reason": "enough"})
    assert platform.wait_for(job_id)["canceled"] is True
    eventually(lambda: running() == 0)


def test_the_tables_are_listed_for_the_editor(platform: Platform, database: dict[str, Any]) -> None:
    make = f"-- database {RESOURCE}\nCREATE TABLE listed (id int NOT NULL)"
    platform.post("jobs/run_wait_result/preview", {"content": make, "language": "postgresql", "args": {}})
    asked = {"language": "postgresql", "resource": RESOURCE}
    rows = platform.post("jobs/run_wait_result/database_schema", asked).json()
    assert [row for row in rows if row["table_name"] == "listed"] == [
        {
            "table_schema": "public",
            "table_name": "listed",
            "column_name": "id",
            "data_type": "integer",
            "is_nullable": "NO",
        }
    ]
