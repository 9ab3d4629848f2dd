"""A million rows from PostgreSQL to a stored result, beside a bare driver loop that writes the same file."""

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import cpu
import pyarrow as pa
import pyarrow.parquet as pq
from load import Connection
from platform_under_test import Platform

ROWS = 1_000_000
BARE_BATCH = 20_000
SCRIPT = "-- database u/admin/bench_sql\nSELECT * FROM million"
TABLE = """
    create table million as select n as id, n * 2 as double, (n / 7.0)::numeric(12, 3) as price, 'name ' || n as name,
        now() + n * interval '1 s' as at, n % 2 = 0 as even, n / 3.0::float8 as third, md5(n::text) as hash,
        date '2024-01-01' + n % 1000 as day, n::text as text
    from generate_series(1, $1::int) n
"""
_TYPES = (
    pa.int64(), pa.int64(), pa.decimal128(12, 3), pa.string(), pa.timestamp("us", tz="UTC"), pa.bool_(), pa.float64(),
    pa.string(), pa.date32(), pa.string(),
)  # fmt: skip


async def measure(platform: Platform, database: dict[str, Any]) -> dict[str, Any]:
    """Processor seconds and seconds by the clock of both ways, the worker's memory, and how long pages take."""
    own = await asyncpg.connect(
        host=database["host"], port=database["port"], user=database["user"], password=database["password"],
        database=database["dbname"],
    )  # fmt: skip
    await own.execute(TABLE.replace("$1", str(ROWS)))
    with tempfile.TemporaryDirectory() as folder:
        bare_cpu, bare_seconds = await _bare(own, Path(folder) / "bare.parquet")
    await own.close()
    before, started = cpu.used(platform.pid), time.perf_counter()
    job, peak_mb = _run(platform)
    after = cpu.used(platform.pid)
    spent = {role: round(after[role] - before[role], 2) for role in after}
    return {
        "stored_s": time.perf_counter() - started,
        "bare_loop_s": bare_seconds,
        "worker_cpu_s": spent["worker"],
        "bare_loop_cpu_s": bare_cpu,
        "times_the_bare_cpu": spent["worker"] / bare_cpu,
        "worker_peak_mb": peak_mb,
        **_pages(platform, job),
    }


async def _bare(connection: Any, path: Path) -> tuple[float, float]:
    before, started = _own_cpu(), time.perf_counter()
    writer = None
    async with connection.transaction():
        cursor = await connection.cursor("select * from million")
        while rows := await cursor.fetch(BARE_BATCH):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, kind) for column, kind in zip(columns, _TYPES, strict=True)]
            table = pa.table({f"c{place}": array for place, array in enumerate(arrays)})
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
    assert writer is not None
    writer.close()
    return _own_cpu() - before, time.perf_counter() - started


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _run(platform: Platform) -> tuple[str, float]:
    """The job, ended, and the most memory that the worker process held meanwhile."""
    connection = Connection(platform.target)
    job = connection.text("POST", "/api/w/main/jobs/run/p/u/admin/million", {})
    worker = cpu.process_of(platform.pid, "worker")
    peak = 0.0
    while True:
        status = Path(f"/proc/{worker}/status").read_text()
        peak = max(peak, int(status.partition("VmRSS:")[2].split()[0]) / 1024)
        status_code, _ = connection.send("GET", f"/api/w/main/jobs_u/completed/get_timing/{job}", None)
        if status_code == 200:
            connection.close()
            return job, peak
        time.sleep(0.1)


def _pages(platform: Platform, job: str) -> dict[str, float]:
    connection = Connection(platform.target)
    found: dict[str, float] = {}
    asked = {
        "first_page_ms": "limit=100",
        "page_ms": "limit=100&offset=900000",
        "sorted_page_ms": "limit=100&sort=-third",
        "filtered_page_ms": "limit=100&filters=" + _quoted([{"column": "id", "op": "lt", "value": 500}]),
    }
    for name, query in asked.items():
        started = time.perf_counter()
        connection.json("GET", f"/api/w/main/jobs_u/result_rows/{job}?{query}")
        found[name] = (time.perf_counter() - started) * 1000
    connection.close()
    return found


def _quoted(value: Any) -> str:
    return quote(json.dumps(value))
