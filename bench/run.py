"""`./dev bench [NAME ...]`: measures, and prints each figure beside what the machine itself gives at that moment.

Names: start, sync, warm, pandas, bun, bun-warm, bun-packages, bun-first, deno, deno-warm, deno-packages, native,
native-rate, isolated, warm-rate, enqueue, claim, memory, sql, sql-rate, bash, go, rows, and for flows: flow-40,
flow-40-warm, flow-fibo33, flow-loop-1000, flow-serial-10000, flow-sync, flow-sync-warm, flow-suspended; all of them
without a name.
Writes the figures to `.dev/bench.json` as well.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import asyncpg
import calibration
import claim_latency
import flows
import large_rows
import scenarios
from platform_under_test import Platform, running
from sql_database import sql_database

NAMES = (
    "start", "sync", "warm", "pandas", "bun", "bun-warm", "bun-packages", "bun-first", "deno", "deno-warm",
    "deno-packages", "native", "native-rate", "isolated", "warm-rate", "enqueue", "memory", "claim", "sql", "sql-rate",
    "bash", "go", "rows",
    "flow-40", "flow-40-warm", "flow-fibo33", "flow-loop-1000", "flow-serial-10000",
    "flow-sync", "flow-sync-warm", "flow-suspended",
)  # fmt: skip
OUTPUT = Path(__file__).parent.parent / ".dev" / "bench.json"


async def measure(wanted: set[str]) -> dict[str, Any]:
    figures: dict[str, Any] = {}

    async def take(name: str, call: Callable[[], Any]) -> None:
        if name not in wanted:
            return
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        value = call()
        figures[name] = await value if asyncio.iscoroutine(value) else value
        print(f"  {figures[name]}", file=sys.stderr, flush=True)

    await take("start", scenarios.start_up)
    with running() as platform:
        database = await asyncpg.connect(_database_url(platform))
        figures["calibration"] = {
            "fork_ms": calibration.fork_ms(),
            "commit_ms": await calibration.commit_ms(database),
            "isolation": _isolation(platform),
            "cores": os.cpu_count(),
        }
        platform.deploy("u/admin/no_op", scenarios.NO_OP)
        platform.deploy("u/admin/no_op_warm", scenarios.NO_OP + "# warm\n", dedicated_worker=True)
        await take("sync", lambda: scenarios.synchronous(platform, "u/admin/no_op"))
        await take("memory", lambda: scenarios.idle_memory(platform))
        await take("warm", lambda: scenarios.synchronous(platform, "u/admin/no_op_warm"))
        if "pandas" in wanted:
            platform.deploy("u/admin/with_pandas", scenarios.PANDAS)
            await take("pandas", lambda: scenarios.synchronous(platform, "u/admin/with_pandas"))
        await _typescript(platform, database, take)
        if wanted & {"deno", "deno-warm", "deno-packages"}:
            await _deno(platform, take)
        await take("isolated", lambda: scenarios.drain_rate(platform, database, "u/admin/no_op", 1_500))
        await take(
            "warm-rate", lambda: scenarios.drain_rate(platform, database, "u/admin/no_op_warm", 10_000)
        )
        await take("enqueue", lambda: scenarios.enqueue_rate(platform, "u/admin/no_op"))
        await _take_flows(take, platform, database)
        await take("claim", lambda: claim_latency.measure(_database_url(platform)))
        platform.deploy("u/admin/bash", scenarios.BASH, language="bash")
        await take("bash", lambda: scenarios.synchronous(platform, "u/admin/bash"))
        if "go" in wanted:
            platform.deploy("u/admin/go", scenarios.GO, language="go")
            await take("go", lambda: scenarios.synchronous(platform, "u/admin/go"))
        if wanted & {"sql", "sql-rate", "rows"}:
            async with sql_database() as resource:
                platform.make_resource("u/admin/bench_sql", "postgresql", resource)
                platform.deploy("u/admin/select_1", scenarios.SELECT_1, language="postgresql")
                await take("sql", lambda: scenarios.synchronous(platform, "u/admin/select_1"))
                await take(
                    "sql-rate",
                    lambda: scenarios.drain_rate(
                        platform, database, "u/admin/select_1", 5_000, tag="postgresql"
                    ),
                )
                platform.deploy("u/admin/million", large_rows.SCRIPT, language="postgresql")
                await take("rows", lambda: large_rows.measure(platform, resource))
        await database.close()
    return figures


async def _typescript(platform: Platform, database: Any, take: Callable[..., Any]) -> None:
    """Isolated bun, warm bun, bun with packages, and native scripts, which share light processes."""
    code = scenarios.TYPESCRIPT
    platform.deploy("u/admin/bun", code, language="bun")
    platform.deploy("u/admin/bun_warm", f"{code}// warm\n", language="bun", dedicated_worker=True)
    platform.deploy("u/admin/native", code, language="nativets")
    await take("bun", lambda: scenarios.synchronous(platform, "u/admin/bun"))
    await take("bun-warm", lambda: scenarios.synchronous(platform, "u/admin/bun_warm"))

    def with_packages() -> Any:
        platform.deploy("u/admin/bun_packages", scenarios.THREE_PACKAGES, language="bun")
        return scenarios.synchronous(platform, "u/admin/bun_packages", count=40)

    await take("bun-packages", with_packages)
    await take("bun-first", lambda: scenarios.first_runs(platform, scenarios.THREE_PACKAGES, language="bun"))
    await take("native", lambda: scenarios.synchronous(platform, "u/admin/native"))
    await take(
        "native-rate",
        lambda: scenarios.drain_rate(platform, database, "u/admin/native", 5_000, tag="nativets"),
    )


async def _deno(platform: Platform, take: Callable[..., Any]) -> None:
    """Isolated deno, warm deno, and deno with packages."""
    code = scenarios.TYPESCRIPT
    platform.deploy("u/admin/deno", code, language="deno")
    platform.deploy("u/admin/deno_warm", f"{code}// warm\n", language="deno", dedicated_worker=True)
    await take("deno", lambda: scenarios.synchronous(platform, "u/admin/deno", count=40))
    await take("deno-warm", lambda: scenarios.synchronous(platform, "u/admin/deno_warm"))
    platform.deploy("u/admin/deno_packages", scenarios.THREE_PACKAGES, language="deno")
    await take("deno-packages", lambda: scenarios.synchronous(platform, "u/admin/deno_packages", count=20))


async def _take_flows(take: Callable[..., Any], platform: Platform, database: Any) -> None:
    runs = flows.Flows(platform, database)
    platform.deploy("u/admin/fibo_warm", flows.FIBO, dedicated_worker=True)
    flows.deploy(platform, "u/admin/three", *(flows.inline(f"s{i}", scenarios.NO_OP) for i in range(3)))
    flows.deploy(
        platform, "u/admin/three_warm", *(flows.by_path(f"s{i}", "u/admin/no_op_warm") for i in range(3))
    )
    await take("flow-40", lambda: flows.sequence(runs))
    await take("flow-40-warm", lambda: flows.warm_sequence(runs, "u/admin/fibo_warm"))
    await take("flow-fibo33", lambda: flows.long_steps(runs))
    await take("flow-loop-1000", lambda: flows.parallel_loop(runs, "u/admin/no_op_warm"))
    await take("flow-serial-10000", lambda: flows.serial_loop(runs))
    await take("flow-sync", lambda: flows.synchronous(platform, "u/admin/three"))
    await take("flow-sync-warm", lambda: flows.synchronous(platform, "u/admin/three_warm"))
    await take("flow-suspended", lambda: flows.suspended(runs, database))


def _database_url(platform: Platform) -> str:
    """The address of the embedded database, which `up` keeps in its data directory for the operator."""
    from postmill.db.embedded import existing_database_url

    return existing_database_url(platform.data_dir)


def _isolation(platform: Platform) -> str:
    from load import Connection

    connection = Connection(platform.target)
    workers = connection.json("GET", "/api/workers/list")
    connection.close()
    return str(workers[0].get("job_isolation")) if workers else "no worker"


def main() -> None:
    wanted = set(sys.argv[1:]) or set(NAMES)
    unknown = wanted - set(NAMES)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    figures = asyncio.run(measure(wanted))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, indent=2, default=str) + "\n")
    fork, commit = figures["calibration"]["fork_ms"], figures["calibration"]["commit_ms"]
    print(f"this machine now: one fork {fork:.2f} ms, one commit {commit:.2f} ms")
    for name, figure in figures.items():
        print(f"\n{name}")
        for key, value in figure.items():
            print(f"  {key:<20} {_with_ratio(key, value, fork + commit)}")


def _with_ratio(key: str, value: Any, yardstick_ms: float) -> str:
    """A figure, with milliseconds also as multiples of one fork and one commit."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {number:.3f}" for name, number in value.items())
    if not isinstance(value, float):
        return str(value)
    if key.endswith("_ms") and key not in ("fork_ms", "commit_ms"):
        return f"{value:.2f}   ({value / yardstick_ms:.1f} x one fork and one commit)"
    return f"{value:,.2f}"


if __name__ == "__main__":
    main()
