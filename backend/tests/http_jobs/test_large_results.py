# ruff: noqa: ASYNC240, E501
# Rows stand in one line each, and the event loop has nothing else to do meanwhile.
"""Result sets that are stored as files: read in pages, whole, and removed with their job."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from httpx import ASGITransport, AsyncClient

from postmill.http.opened_file import OpenedFileResponse
from postmill.kernel.errors import NotFound, TooLarge
from postmill.languages.rows import Column, Export
from postmill.maintenance.expiry import remove_orphaned_rows
from postmill.model.job import ClaimedJob
from postmill.model.subject import Subject
from postmill.objects.contract import whole
from postmill.queue.rows_in_values import with_rows
from postmill.queue.stored_rows import adopted, reference_in
from postmill.result_pages.pages import ResultPages
from postmill.worker.large_rows import JobRows, RowPlaces

from .conftest import World

COLUMNS = (
    Column("id", "int", "int8"), Column("price", "decimal", "numeric"), Column("at", "timestamptz", "timestamptz"),
    Column("note", "text", "text"), Column("ok", "bool", "bool"), Column("ratio", "float", "float8"),
    Column("extra", "json", "jsonb"), Column("note", "text", "varchar"),
)  # fmt: skip
HUGE = 2**70


def rows(count: int) -> list[tuple[Any, ...]]:
    return [
        (
            n,
            Decimal(f"{n}.50"),
            f"2024-01-01T00:00:{n % 60:02}+00:00",
            f"note {n}",
            n % 2 == 0,
            n / 4,
            {"n": n},
            None,
        )
        for n in range(count)
    ]


async def run_with_rows(world: World, folder: Path, columns: Any, batches: list[Any]) -> tuple[UUID, Any]:
    """A job whose result is the stored rows, and the reference in it."""
    folder.mkdir(exist_ok=True)
    await world.admin.deploy("u/admin/table")
    job_id = await world.admin.start("u/admin/table")
    job = await world.worker.claim()
    places = RowPlaces(world.context.pool, world.context.objects, folder, 1000)
    sink = JobRows(places, job, Subject("admin@example.com", "admin", "main", is_admin=True)).stored()
    await sink.open(columns)
    for batch in batches:
        await sink.write(batch)
    result = await sink.close()
    assert list(folder.iterdir()) == []
    await world.worker.end(job, json.loads(result))
    return job_id, json.loads(result)


async def page(world: World, job_id: UUID, **query: Any) -> Any:
    return await world.admin.get(f"jobs_u/result_rows/{job_id}", **query)


async def test_rows_are_kept_exactly_and_read_in_pages(world: World, tmp_path: Path) -> None:
    special = [
        (HUGE, Decimal("NaN"), None, 'ü "q" \\ \n', None, float("nan"), [1, None], "x"),
        (None, Decimal("1E+5"), None, "", False, float("-inf"), "text", "y"),
    ]
    job_id, reference = await run_with_rows(world, tmp_path / "spool", COLUMNS, [rows(3), special, []])
    assert (reference["rows"], reference["columns"][1]) == (
        5,
        {"name": "price", "kind": "decimal", "type": "numeric"},
    )
    whole_result = await world.admin("GET", f"jobs_u/completed/get_result/{job_id}")
    assert f'"id":{HUGE},"price":"NaN"' in whole_result.text
    assert '"price":1.50' in whole_result.text
    shown = whole_result.json()
    assert shown[0] == {
        "id": 0, "price": 0.5, "at": "2024-01-01T00:00:00+00:00", "note": None, "ok": True, "ratio": 0.0, "extra": {"n": 0},
    }  # fmt: skip
    assert (shown[3]["ratio"], shown[3]["extra"], shown[3]["note"]) == ("NaN", [1, None], "x")
    assert (shown[4]["price"], shown[4]["ratio"], shown[4]["extra"]) == (100000, "-Infinity", "text")
    first = await page(world, job_id, limit=1)
    assert (first["total"], first["offset"], first["limit"]) == (5, 0, 1)
    assert first["columns"] == reference["columns"]
    assert first["rows"] == [[0, 0.5, "2024-01-01T00:00:00+00:00", "note 0", True, 0.0, {"n": 0}, None]]
    document = await world.admin.get(f"jobs_u/get/{job_id}")
    assert document["result"] == reference
    maybe = await world.admin.get(f"jobs_u/completed/get_result_maybe/{job_id}")
    assert maybe["result"] == shown
    assert await world.admin.get(f"jobs_u/completed/get_result/{job_id}", json_path="1.extra.n") == 1


async def test_pages_are_sorted_filtered_and_searched(world: World, tmp_path: Path) -> None:
    job_id, reference = await run_with_rows(world, tmp_path / "spool", COLUMNS, [rows(700), rows(300)])

    async def ids(conditions: Any = None, **query: Any) -> tuple[int, list[int]]:
        filters = {"filters": json.dumps(conditions)} if conditions else {}
        found = await page(world, job_id, **filters, **query)
        return found["total"], [row[0] for row in found["rows"]]

    def only(column: str, op: str, value: Any = None) -> Any:
        return [{"column": column, "op": op, "value": value}]

    assert await ids(sort="-id", limit=3) == (1000, [699, 698, 697])
    assert await ids(sort="-price,id", limit=2, offset=1) == (1000, [698, 697])
    assert await ids(only("price", "lt", 2), sort="id") == (4, [0, 0, 1, 1])
    assert await ids(only("extra", "contains", '"n":650')) == (1, [650])
    assert await ids(only("at", "starts_with", "2024-01-01t00:00:59"), limit=1) == (16, [59])
    assert await ids(only("extra", "contains", '"n":699')) == (1, [699])
    assert await ids(only("id", "in", [1, "2"]), sort="-id") == (4, [2, 2, 1, 1])
    assert await ids([*only("ok", "eq", True), *only("id", "ge", 697)]) == (1, [698])
    assert (await ids(only("at", "gt", "2024-01-01T00:00:58")))[0] == 16
    assert (await ids(only("note", "is_null")))[0] == 1000
    assert (await ids(search="NOTE 69"))[0] == 12
    assert await ids(rows=reference["postmill_rows"], limit=1) == (1000, [0])
    for query, said in (
        ({"sort": "nothing"}, "no column 'nothing'"),
        ({"filters": "{"}, "filters must be"),
        ({"filters": '[{"column":"id","op":"drop"}]'}, "filters must be"),
        ({"filters": '[{"column":"id","op":"eq","value":"x"}]'}, "cannot be compared"),
        ({"filters": '[{"column":"note","op":"eq","value":"\\u0000"}]'}, "NUL"),
        ({"limit": 10_001}, "limit"),
        ({"offset": -1}, "offset"),
    ):
        answer = await world.admin("GET", f"jobs_u/result_rows/{job_id}", params=query)
        assert answer.status_code == 400 and said in answer.text, answer.text


async def test_rights_are_those_of_the_result(world: World, tmp_path: Path) -> None:
    job_id, reference = await run_with_rows(world, tmp_path / "spool", COLUMNS[:1], [[(1,)]])
    bob = await world.member("bob")
    assert (await bob("GET", f"jobs_u/result_rows/{job_id}")).status_code == 404
    assert (await bob("GET", f"jobs_u/completed/get_result/{job_id}")).status_code == 404
    # A result that only claims to have somebody else's rows gets none.
    stolen = await world.admin.start("u/admin/table")
    await world.worker.run_next(reference)
    for path in ("result_rows", "completed/get_result"):
        assert (await world.admin("GET", f"jobs_u/{path}/{stolen}")).status_code == 404


async def test_rows_leave_as_a_parquet_file(world: World, tmp_path: Path) -> None:
    job_id, reference = await run_with_rows(world, tmp_path / "spool", COLUMNS, [rows(4)])
    address = f"jobs_u/result_rows_file/{job_id}"
    answer = await world.admin("GET", address, params={"rows": reference["postmill_rows"]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.apache.parquet")
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.column_names[:4] == ["id", "price", "at", "note"] and table.column_names[-1] == "note_2"
    assert table.column("price").to_pylist()[3] == Decimal("3.50")
    assert (await world.admin("GET", address, params={"rows": str(UUID(int=1))})).status_code == 404
    bob = await world.member("bob")
    assert (await bob("GET", address)).status_code == 404
    plain = await world.admin.start("u/admin/table")
    await world.worker.run_next([{"a": 1}])
    refused = await world.admin("GET", f"jobs_u/result_rows_file/{plain}")
    assert refused.status_code == 400 and "not stored as rows" in refused.text


async def test_rows_that_the_cache_drops_meanwhile_are_asked_for_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, _ = await run_with_rows(world, tmp_path / "spool", COLUMNS, [rows(4)])
    cached, gone = ResultPages._cached, "nothing"

    async def dropped(pages: ResultPages, name: str, fill: Any) -> Path:
        path = await cached(pages, name, fill)
        if name.endswith(gone):
            path.unlink()
        return path

    monkeypatch.setattr(ResultPages, "_cached", dropped)
    for ending in (".typed.parquet", ".parquet"):
        gone = ending
        answer = await world.admin("GET", f"jobs_u/result_rows_file/{job_id}")
        assert answer.status_code == 503 and "ask again" in answer.text
    assert (await world.admin("GET", f"jobs_u/result_rows/{job_id}")).status_code == 503
    gone = "nothing"
    assert (await world.admin("GET", f"jobs_u/result_rows_file/{job_id}")).status_code == 200


async def test_an_open_file_is_sent_whole_though_its_name_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"0123456789" * 20_000)
    for headers, content in (({}, 200_000), ({"range": "bytes=5-9"}, 5)):
        copy = path.with_suffix(".copy")
        copy.write_bytes(path.read_bytes())
        file = copy.open("rb")
        response = OpenedFileResponse(file, media_type="x/y", filename="rows.parquet")
        copy.unlink()
        async with AsyncClient(transport=ASGITransport(response), base_url="http://rows") as client:
            assert len((await client.get("/", headers=headers)).content) == content
        assert file.closed


async def test_any_array_of_objects_has_pages(world: World) -> None:
    await world.admin.deploy("u/admin/table")
    values = [{"n": n, "day": "2024-01-01", "deep": {"a": [n]}, "x": n / 2} for n in range(50)] + [
        {"n": None, "new": "y"}
    ]
    for result, status in (
        (values, 200),
        ([], 200),
        ({"a": 1}, 400),
        ([1], 400),
        ([{"a": 1}, 2], 400),
        ("text", 400),
    ):
        job_id = await world.admin.start("u/admin/table")
        await world.worker.run_next(result)
        answer = await world.admin("GET", f"jobs_u/result_rows/{job_id}", params={"sort": "-n", "limit": "2"})
        if result == []:
            answer = await world.admin("GET", f"jobs_u/result_rows/{job_id}")
        assert answer.status_code == status, answer.text
        if result is values:
            shown = answer.json()
            assert shown["total"] == 51
            assert {c["name"]: c["kind"] for c in shown["columns"]} == {
                "n": "int", "day": "text", "deep": "json", "x": "float", "new": "text",
            }  # fmt: skip
            assert shown["rows"][0][:4] == [49, "2024-01-01", {"a": [49]}, 24.5]


async def test_rows_are_arguments_of_who_may_read_them(world: World, tmp_path: Path) -> None:
    _, reference = await run_with_rows(world, tmp_path / "spool", COLUMNS[:2], [[(HUGE, Decimal("1.50"))]])
    pool, objects = world.context.pool, world.context.objects
    admin = Subject("admin@example.com", "admin", "main", is_admin=True)
    args = json.dumps({"deep": [reference], "x": 1})
    assert (
        await with_rows(pool, objects, admin, "main", args, 1000)
        == f'{{"deep":[[{{"id":{HUGE},"price":1.50}}]],"x":1}}'
    )
    assert await with_rows(pool, objects, admin, "main", '{"x": 1}', 0) == '{"x": 1}'
    with pytest.raises(TooLarge):
        await with_rows(pool, objects, admin, "main", args, 10)
    for who, workspace in ((Subject("bob@example.com", "bob", "main"), "main"), (admin, "admins")):
        with pytest.raises(NotFound):
            await with_rows(pool, objects, who, workspace, args, 1000)


async def test_rows_go_with_their_job(world: World, tmp_path: Path) -> None:
    job_id, reference = await run_with_rows(world, tmp_path / "spool", COLUMNS[:1], [[(1,)]])
    pool, objects = world.context.pool, world.context.objects
    other = await world.admin.start("u/admin/table")
    copied = await adopted(pool, other, json.dumps(reference, separators=(",", ":")))
    assert copied is not None and reference_in(copied) is not None
    await remove_orphaned_rows(pool, objects)
    assert len(await objects.under("results/")) == 1
    await world.admin("POST", f"jobs/completed/delete/{job_id}")
    await remove_orphaned_rows(pool, objects)
    assert len(await objects.under("results/")) == 1, "the other job has them too"
    await pool.execute("delete from job where id = $1", other)
    await remove_orphaned_rows(pool, objects)
    assert await objects.under("results/") == []
    assert await pool.fetchval("select count(*) from stored_rows") == 0


async def claimed_run(world: World, spool: Path) -> tuple[ClaimedJob, JobRows]:
    """A run of the admin's, and where it leaves its rows."""
    await world.admin.deploy("u/admin/table")
    await world.admin.start("u/admin/table")
    job = await world.worker.claim()
    spool.mkdir()
    places = RowPlaces(world.context.pool, world.context.objects, spool, 1000)
    return job, JobRows(places, job, Subject("admin@example.com", "admin", "main", is_admin=True))


async def test_an_aborted_result_set_leaves_nothing(world: World, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    _, mine = await claimed_run(world, spool)
    for sink in (
        mine.stored(),
        mine.exported(Export("x", None, "csv")),
        mine.exported(Export("x", None, "parquet")),
    ):
        await sink.open(COLUMNS)
        await sink.write(rows(10))
        await sink.abort()
    assert list(spool.iterdir()) == []
    assert await world.context.objects.under("") == []


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
async def test_exports_are_files_of_the_workspace(world: World, tmp_path: Path, form: Any) -> None:
    import duckdb

    spool = tmp_path / "spool"
    job, mine = await claimed_run(world, spool)
    sink = mine.exported(Export("out/daily", None, form))
    await sink.open((*COLUMNS, Column("day", "date", "date")))
    await sink.write([(*row, "2024-02-29") for row in rows(3)])
    answer = json.loads(await sink.close())
    assert answer == {"s3": f"out/daily/{job.id}.{form}"}
    content = await whole(world.context.objects, f"w/main/{answer['s3']}")
    file = tmp_path / f"file.{form}"
    file.write_bytes(content)
    if form == "json":
        assert json.loads(content)[2]["price"] == 2.5 and '"price":2.50' in content.decode()
    elif form == "csv":
        assert (
            content.decode().splitlines()[1]
            == '0,0.50,2024-01-01T00:00:00+00:00,note 0,true,0.0,"{""n"":0}",,2024-02-29'
        )
    else:
        types = {row[0]: row[1] for row in duckdb.sql(f"describe select * from '{file}'").fetchall()}
        assert (types["price"], types["at"], types["day"]) == (
            "DECIMAL(3,2)",
            "TIMESTAMP WITH TIME ZONE",
            "DATE",
        )
        assert duckdb.sql(f"select count(*) from '{file}' where note_2 is null").fetchall() == [(3,)]
    with pytest.raises(ValueError, match="-- s3"):
        mine.exported(Export("../x", None, form))
    with pytest.raises(ValueError, match="storage"):
        mine.exported(Export("x", "other", form))
