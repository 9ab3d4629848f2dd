"""The scenarios of `./dev bench`, one function each; every figure is a median with its spread."""

import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import cpu
import load
from platform_under_test import Platform, tree_pss_mb

NO_OP = "def main():\n    return 1\n"
PANDAS = "import requests\nimport pandas as pd\n\ndef main():\n    return len(pd.__name__) + len(requests.__name__)\n"
TYPESCRIPT = "export async function main() {\n  return 1;\n}\n"
THREE_PACKAGES = (
    'import _ from "lodash@4";\nimport { z } from "zod@3";\nimport * as wmill from "windmill-client";\n'
    "export async function main() {\n  return [_.chunk([1, 2], 1), z.number().parse(1), typeof wmill];\n}\n"
)
GO = "func main() (int, error) {\n\treturn 1, nil\n}\n"
BASH = "echo 1\n"
SELECT_1 = "-- database u/admin/bench_sql\nSELECT 1 AS one"
DRAIN_TIMEOUT_SECONDS = 300.0
SERVED_TAG = "python3"

Figures = dict[str, Any]


def percentiles(values: list[float]) -> Figures:
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95)], "max": ordered[-1]}


def start_up(count: int = 5) -> Figures:
    """Seconds from `postmill up` to ready: the first start of a data directory, and later ones."""
    first, later = [], []
    for _ in range(count):
        folder = Path(tempfile.mkdtemp(prefix="postmill-bench-"))
        platform = Platform(folder / "data")
        try:
            first.append(platform.start())
            platform.stop()
            later.append(platform.start())
            platform.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return {"first_start_s": statistics.median(first), "existing_data_s": statistics.median(later)}


def idle_memory(platform: Platform) -> Figures:
    """MB (PSS) of everything that `up` started, after some runs, when nothing is to do."""
    time.sleep(3)  # what the last runs left behind settles; this is a measurement, not a test
    return {name: round(size, 1) for name, size in tree_pss_mb(platform.pid).items()}


def synchronous(platform: Platform, path: str, *, rounds: int = 5, count: int = 200) -> Figures:
    """Milliseconds of `run_wait_result` over one connection, in a closed loop."""
    url = f"/api/w/main/jobs/run_wait_result/p/{path}"
    load.latencies_ms(platform.target, "POST", url, {}, warm_up=50, count=0)
    before = cpu.used(platform.pid)
    medians = [
        percentiles(load.latencies_ms(platform.target, "POST", url, {}, warm_up=0, count=count))
        for _ in range(rounds)
    ]
    return {
        "cpu_ms_per_job": cpu.per_job_ms(before, cpu.used(platform.pid), rounds * count),
        "p50_ms": statistics.median(figure["p50"] for figure in medians),
        "p95_ms": statistics.median(figure["p95"] for figure in medians),
        "spread_p50_ms": [round(min(f["p50"] for f in medians), 2), round(max(f["p50"] for f in medians), 2)],
    }


def first_runs(platform: Platform, code: str, *, language: str, count: int = 15) -> Figures:
    """Milliseconds of the first run of a version that was just deployed, the packages of its lock in the cache."""
    taken = []
    for number in range(count):
        path = f"u/admin/first_{language}_{number}"
        platform.deploy(path, f"{code}// version {number}\n", language=language)
        url = f"/api/w/main/jobs/run_wait_result/p/{path}"
        taken += load.latencies_ms(platform.target, "POST", url, {}, warm_up=0, count=1)
        time.sleep(
            0.2
        )  # a waiting process takes the place of the one that was used, as between two deployments
    figures = percentiles(taken)
    return {"p50_ms": figures["p50"], "max_ms": figures["max"]}


def enqueue_rate(platform: Platform, path: str, *, rounds: int = 5) -> Figures:
    """Requests per second of `run/p/...`, one job a request, for a tag that no worker serves."""
    url = f"/api/w/main/jobs/run/p/{path}?tag=bench_unserved"
    before = cpu.used(platform.pid)
    rates = [load.rate(platform.target, "POST", url, {}, connections=32, seconds=2.0) for _ in range(rounds)]
    return {
        "cpu_ms_per_job": cpu.per_job_ms(before, cpu.used(platform.pid), round(sum(rates) * 2.0)),
        "per_second": statistics.median(rates),
        "spread": [round(min(rates)), round(max(rates))],
    }


async def drain_rate(
    platform: Platform, database: Any, path: str, count: int, *, rounds: int = 5, tag: str = SERVED_TAG
) -> Figures:
    """Jobs per second from the moment a backlog is there to its last completion."""
    await _drain(platform, database, path, count, tag)
    drains = [await _drain(platform, database, path, count, tag) for _ in range(rounds)]
    rates = [count / drain.seconds for drain in drains]
    costs = sorted((drain.cpu for drain in drains), key=lambda cost: cost["all"])
    return {
        "cpu_ms_per_job": costs[len(costs) // 2],
        "per_second": statistics.median(rates),
        "spread": [round(min(rates)), round(max(rates))],
    }


class Drained(NamedTuple):
    """How long a backlog took, and what each of its jobs cost in processor time (ms, by role)."""

    seconds: float
    cpu: cpu.Seconds


async def _drain(platform: Platform, database: Any, path: str, count: int, tag: str) -> Drained:
    """Completes so many copies of one job of the script, inserted in one transaction."""
    connection = load.Connection(platform.target)
    template = connection.text("POST", f"/api/w/main/jobs/run/p/{path}?tag=bench_unserved", {})
    connection.close()
    await _insert_copies(database, template, tag, count)
    before, started = cpu.used(platform.pid), time.perf_counter()
    while await _is_busy(database, tag):
        if time.perf_counter() - started > DRAIN_TIMEOUT_SECONDS:
            raise RuntimeError(f"{count} jobs were not completed within {DRAIN_TIMEOUT_SECONDS} s")
        await asyncio.sleep(0.02)
    taken = time.perf_counter() - started
    cost = cpu.per_job_ms(before, cpu.used(platform.pid), count)
    await database.execute("delete from queue where tag = 'bench_unserved'")
    return Drained(taken, cost)


async def _is_busy(database: Any, tag: str) -> bool:
    """Whether copies wait or run; counting the completed ones would cost as much as running them."""
    return bool(
        await database.fetchval(
            "select exists (select from queue where state = 'ready' and tag = $1)"
            " or exists (select from queue where state = 'running')",
            tag,
        )
    )


async def _insert_copies(database: Any, template: str, tag: str, count: int) -> None:
    """Copies of a queued job under another tag, as a burst of requests leaves them."""
    ids = [uuid4() for _ in range(count)]
    async with database.transaction():
        for table, key in (("job", "id"), ("queue", "job_id")):
            columns = [
                row["column_name"]
                for row in await database.fetch(
                    "select column_name from information_schema.columns "
                    "where table_name = $1 and is_generated = 'NEVER'",
                    table,
                )
            ]
            picked = ", ".join("i.id" if c == key else "$2" if c == "tag" else f"t.{c}" for c in columns)
            await database.execute(
                f"insert into {table} ({', '.join(columns)}) "
                f"select {picked} from {table} t, unnest($3::uuid[]) i(id) where t.{key} = $1::uuid",
                template,
                tag,
                ids,
            )
        await database.execute("select pg_notify('queue', $1)", tag)
