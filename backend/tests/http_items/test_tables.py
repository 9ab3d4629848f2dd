"""CSV and Parquet files of a workspace, shown in pages as tables."""

import datetime
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .test_files import upload


def parquet(**columns: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def columns_of(page: Any) -> dict[str, list[Any]]:
    return {column["name"]: column["values"] for column in page["columns"]}


async def test_a_csv_file_is_read_in_pages(world: Any) -> None:
    admin = world.admin
    lines = [f"{n},name {n},{n / 2},2024-01-{n % 28 + 1:02}" for n in range(2500)]
    await upload(admin, "data/people.csv", ("id,na me,half,day\n" + "\n".join(lines)).encode())
    page = await admin.get("job_helpers/load_csv_preview/data/people.csv", offset="10", limit="2")
    assert columns_of(page) == {
        "id": [10, 11], "na me": ["name 10", "name 11"], "half": [5.0, 5.5], "day": ["2024-01-11", "2024-01-12"],
    }  # fmt: skip
    assert page["total"] == 2500
    assert [column["datatype"] for column in page["columns"]] == ["BIGINT", "VARCHAR", "DOUBLE", "DATE"]
    last = await admin.get(
        "job_helpers/load_csv_preview/data/people.csv", limit="1", sort_col="id", sort_desc="true"
    )
    assert columns_of(last)["id"] == [2499]
    search = {"search_col": "na me", "search_term": "NAME 249"}
    found = await admin.get("job_helpers/load_csv_preview/data/people.csv", **search)
    assert columns_of(found)["id"] == [249, *range(2490, 2500)] and found["total"] == 11
    assert await admin.get("job_helpers/load_table_count/data/people.csv", **search) == {"count": 11}
    assert await admin.get("job_helpers/load_table_count/data/people.csv") == {"count": 2500}

    await upload(admin, "data/people.csv", b"other\n1\n")
    assert columns_of(await admin.get("job_helpers/load_csv_preview/data/people.csv")) == {"other": [1]}


async def test_separators_and_odd_lines(world: Any) -> None:
    admin = world.admin
    await upload(admin, "odd.csv", b"a;b\n1;x,y\n2;z\n")
    page = await admin.get("job_helpers/load_csv_preview/odd.csv", csv_separator=";")
    assert columns_of(page) == {"a": [1, 2], "b": ["x,y", "z"]}
    for separator in ("", ";;", '"', "\n"):
        answer = await admin(
            "GET", "job_helpers/load_csv_preview/odd.csv", params={"csv_separator": separator}
        )
        assert answer.status_code == (200 if not separator else 400), answer.text
    late = b"n\n" + b"1\n" * 30_000 + b"not a number\n"
    await upload(admin, "late.csv", late)
    assert await admin.get("job_helpers/load_table_count/late.csv") == {"count": 30_001}


async def test_a_parquet_file_is_read_with_its_types(world: Any) -> None:
    admin = world.admin
    content = parquet(
        n=[1, 2, None],
        price=[Decimal("1.10"), Decimal("2.20"), None],
        at=[datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)] * 3,
        tags=[["a", "b"], [], None],
    )
    await upload(admin, "f.parquet", content)
    page = await admin.get("job_helpers/load_parquet_preview/f.parquet", limit="2")
    shown = columns_of(page)
    assert (shown["n"], shown["price"], shown["tags"]) == ([1, 2], ["1.10", "2.20"], [["a", "b"], []])
    assert shown["at"][0].startswith("2024-01-01")
    assert await admin.get("job_helpers/load_table_count/f.parquet") == {"count": 3}
    as_csv = await admin(
        "GET", "job_helpers/download_s3_parquet_file_as_csv", params={"file_key": "f.parquet"}
    )
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert as_csv.text.splitlines()[:2] == ["n,price,at,tags", '1,1.10,2024-01-01 12:00:00+00,"[a, b]"']


async def test_what_is_no_table_or_hidden_is_refused(world: Any) -> None:
    admin, bob = world.admin, await world.member("bob")
    await upload(admin, "u/admin/secret.csv", b"a\n1\n")
    await upload(admin, "fake.parquet", b"a,b\n1,2\n")
    hidden = await bob.refused("GET", "job_helpers/load_csv_preview/u/admin/secret.csv", 404)
    missing = await bob.refused("GET", "job_helpers/load_csv_preview/u/admin/gone.csv", 404)
    assert hidden.replace("secret", "gone") == missing
    await bob.refused("GET", "job_helpers/load_table_count/u/admin/secret.csv", 404)
    sentence = await admin.refused("GET", "job_helpers/load_parquet_preview/fake.parquet", 400)
    assert "cannot be read as PARQUET" in sentence and "/proc/" not in sentence
    for query in (
        {"limit": "0"},
        {"limit": "x"},
        {"offset": "-1"},
        {"sort_col": "nope"},
        {"search_col": "nope", "search_term": "x"},
        {"storage": "other"},
    ):
        await admin.refused("GET", "job_helpers/load_csv_preview/u/admin/secret.csv", 400, params=query)
