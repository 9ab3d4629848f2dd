"""The scenarios of flows: how long runs take from their creation to their end, by the database's clock."""

import statistics
import time
from typing import Any

import httpx
import load
from platform_under_test import Platform
from scenarios import percentiles

FIBO = "def main(n):\n    def fibo(k):\n        return k if k < 2 else fibo(k - 1) + fibo(k - 2)\n    return fibo(n)\n"
FLOW_TIMEOUT_SECONDS = 300.0
Figures = dict[str, Any]


def transform(value: Any) -> dict[str, Any]:
    return (
        {"type": "javascript", "expr": value}
        if isinstance(value, str)
        else {"type": "static", "value": value}
    )


def inline(step_id: str, content: str, **inputs: Any) -> dict[str, Any]:
    transforms = {name: transform(value) for name, value in inputs.items()}
    value = {
        "type": "rawscript",
        "language": "python3",
        "content": content,
        "lock": "",
        "input_transforms": transforms,
    }
    return {"id": step_id, "value": value}


def by_path(step_id: str, path: str, **inputs: Any) -> dict[str, Any]:
    transforms = {name: transform(value) for name, value in inputs.items()}
    return {"id": step_id, "value": {"type": "script", "path": path, "input_transforms": transforms}}


def loop(over: str, *modules: dict[str, Any], parallel: bool = False) -> dict[str, Any]:
    value = {"type": "forloopflow", "iterator": transform(over), "modules": list(modules), "parallel": parallel,
             "skip_failures": False}  # fmt: skip
    return {"id": "loop", "value": value}


def identity(step_id: str) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "identity"}}


class Flows:
    """Runs flows one after the other and asks the database how long they took."""

    def __init__(self, platform: Platform, database: Any) -> None:
        self._database = database
        self._http = httpx.Client(
            base_url=f"http://{platform.target.host}:{platform.target.port}/api/w/main",
            headers={"authorization": f"Bearer {platform.target.token}"},
            timeout=FLOW_TIMEOUT_SECONDS,
        )

    def start(self, *modules: dict[str, Any], args: Any = None) -> str:
        answer = self._http.post(
            "/jobs/run/preview_flow", json={"value": {"modules": list(modules)}, "args": args or {}}
        )
        answer.raise_for_status()
        return answer.text

    async def took(self, *modules: dict[str, Any], args: Any = None) -> tuple[str, float]:
        """The flow and its seconds from creation to end. Raises when it failed."""
        job_id = self.start(*modules, args=args)
        deadline = time.monotonic() + FLOW_TIMEOUT_SECONDS
        query = (
            "select status, extract(epoch from completed_at - created_at)::float8 as seconds, result::text as result"
            " from completed_job join job on job.id = job_id where job_id = $1::text::uuid"
        )
        while time.monotonic() < deadline:
            row = await self._database.fetchrow(query, job_id)
            if row is not None:
                assert row["status"] == "success", row["result"][:500]
                return job_id, row["seconds"]
            time.sleep(0.02)
        raise AssertionError("the flow did not end")

    async def median_seconds(self, *modules: dict[str, Any], rounds: int, args: Any = None) -> Figures:
        await self.took(*modules, args=args)
        seconds = [(await self.took(*modules, args=args))[1] for _ in range(rounds)]
        return {
            "seconds": round(statistics.median(seconds), 4),
            "spread": [round(min(seconds), 4), round(max(seconds), 4)],
        }

    def resume(self, flow: str) -> None:
        """Answers the step that a flow waits for, as its owner."""
        self._http.post(f"/jobs/flow/resume/{flow}", json={}).raise_for_status()

    async def transactions(self, *modules: dict[str, Any]) -> int:
        """Transaction ids that one run uses; what the platform does besides in that time counts too."""
        query = "select pg_current_xact_id()::text::bigint"
        await self.took(*modules)
        before = await self._database.fetchval(query)
        await self.took(*modules)
        return int(await self._database.fetchval(query) - before - 1)

    async def turns(self, flow: str, count: int) -> list[float]:
        """When the turns of a loop ended, seconds after the flow's creation."""
        rows = await self._database.fetch(
            "select extract(epoch from c.completed_at - f.created_at)::float8 as at from flow_child"
            " join completed_job c using (job_id) join job f on f.id = flow_job"
            " where flow_job = $1::text::uuid and step_id = 'loop' order by index",
            flow,
        )
        assert len(rows) == count
        return [row["at"] for row in rows]


async def sequence(flows: Flows, *, rounds: int = 7) -> Figures:
    """40 Python steps of fibo(10), each an isolated job of inline code."""
    steps = [inline(f"s{i}", FIBO, n=10) for i in range(40)]
    return {
        **await flows.median_seconds(*steps, rounds=rounds),
        "transactions": await flows.transactions(*steps),
    }


async def warm_sequence(flows: Flows, path: str, *, rounds: int = 7) -> Figures:
    """The same with a deployed script that keeps its process."""
    return await flows.median_seconds(*(by_path(f"s{i}", path, n=10) for i in range(40)), rounds=rounds)


async def long_steps(flows: Flows, *, rounds: int = 3) -> Figures:
    """10 steps of fibo(33), against the time that this machine takes for the computation alone.

    Both are taken in turn and compared pair by pair: how fast a core is changes within seconds where others use it too.
    """
    steps = [inline(f"s{i}", FIBO, n=33) for i in range(10)]
    scope: dict[str, Any] = {}
    exec(FIBO, scope)
    await flows.took(*steps)
    pairs = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(10):
            scope["main"](33)
        pure = time.perf_counter() - started
        pairs.append((pure, (await flows.took(*steps))[1]))
    shares = [100 * (taken / pure - 1) for pure, taken in pairs]
    return {
        "seconds": round(statistics.median(taken for _, taken in pairs), 4),
        "pure_compute_s": round(statistics.median(pure for pure, _ in pairs), 3),
        "overhead_percent": round(statistics.median(shares), 1),
        "spread_percent": [round(min(shares), 1), round(max(shares), 1)],
    }


async def parallel_loop(flows: Flows, path: str, *, rounds: int = 3) -> Figures:
    """1,000 items of a step that does nothing, side by side: isolated, and warm."""
    items = "Array.from({length: 1000}, (_, i) => i)"
    cold = loop(items, inline("x", "def main():\n    return 1\n"), parallel=True)
    warm = loop(items, by_path("x", path), parallel=True)
    isolated = await flows.median_seconds(cold, rounds=rounds)
    kept = await flows.median_seconds(warm, rounds=rounds)
    return {"isolated_s": isolated["seconds"], "warm_s": kept["seconds"], "spread_isolated": isolated["spread"],
            "spread_warm": kept["spread"]}  # fmt: skip


async def serial_loop(flows: Flows, turns: int = 10_000) -> Figures:
    """What the last 100 turns of identities cost against the first 100."""
    body = loop(f"Array.from({{length: {turns}}}, (_, i) => i)", identity("x"), identity("y"))
    flow, seconds = await flows.took(body)
    ends = await flows.turns(flow, turns)
    size = turns // 10
    first, last = ends[size] - ends[0], ends[-1] - ends[-1 - size]
    return {"seconds": round(seconds, 2), "first_tenth_s": round(first, 3), "last_tenth_s": round(last, 3),
            "ratio": round(last / first, 2)}  # fmt: skip


def synchronous(platform: Platform, path: str, *, rounds: int = 5, count: int = 50) -> Figures:
    """Milliseconds of a deployed flow over HTTP, whose caller waits for the result."""
    url = f"/api/w/main/jobs/run_wait_result/f/{path}"
    load.latencies_ms(platform.target, "POST", url, {}, warm_up=20, count=0)
    figures = [
        percentiles(load.latencies_ms(platform.target, "POST", url, {}, warm_up=0, count=count))
        for _ in range(rounds)
    ]
    return {
        "p50_ms": statistics.median(f["p50"] for f in figures),
        "p95_ms": statistics.median(f["p95"] for f in figures),
    }


def deploy(platform: Platform, path: str, *modules: dict[str, Any]) -> None:
    """A flow at a path."""
    target = platform.target
    answer = httpx.post(
        f"http://{target.host}:{target.port}/api/w/main/flows/create",
        headers={"authorization": f"Bearer {target.token}"},
        json={"path": path, "summary": "", "value": {"modules": list(modules)}},
        timeout=30,
    )
    answer.raise_for_status()


async def suspended(flows: Flows, database: Any, count: int = 100_000, rounds: int = 20) -> Figures:
    """How long a flow takes to go on once it is answered, beside so many others that wait."""
    waiting = {**inline("a", "def main():\n    return 1\n"), "suspend": {"required_events": 1}}
    first = flows.start(waiting, identity("b"))
    await _until_suspended(database, first)
    await _copy_suspended(database, first, count)
    took = []
    for _ in range(rounds):
        flow = flows.start(waiting, identity("b"))
        await _until_suspended(database, flow)
        started = time.perf_counter()
        flows.resume(flow)
        while (
            await database.fetchval("select count(*) from completed_job where job_id = $1::text::uuid", flow)
            == 0
        ):
            time.sleep(0.001)
        took.append(1000 * (time.perf_counter() - started))
    return {"held": count, "resume_p50_ms": statistics.median(took), "resume_max_ms": max(took)}


async def _until_suspended(database: Any, flow: str) -> None:
    query = "select count(*) from queue where job_id = $1::text::uuid and awaited > 0 and state = 'suspended'"
    while await database.fetchval(query, flow) == 0:
        time.sleep(0.005)


async def _copy_suspended(database: Any, flow: str, count: int) -> None:
    """Copies of one suspended flow, as so many runs leave them."""
    async with database.transaction():
        await database.execute(
            "create temporary table copies as select gen_random_uuid() as id from generate_series(1, $1)",
            count,
        )
        for table, key in (("job", "id"), ("queue", "job_id"), ("flow_state", "job_id")):
            columns = [
                row["column_name"]
                for row in await database.fetch(
                    "select column_name from information_schema.columns where table_name = $1", table
                )
            ]
            picked = ", ".join("copies.id" if column == key else f"t.{column}" for column in columns)
            await database.execute(
                f"insert into {table} ({', '.join(columns)}) select {picked} from {table} t, copies"
                f" where t.{key} = $1::text::uuid",
                flow,
            )
        await database.execute("drop table copies")
