"""The random flows of ``flow_logic`` as a worker runs them: expressions in JavaScript, scripts that are played."""

import json
from collections import Counter
from typing import Any

from postmill.kernel.clock import now
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.model.flow_document import FlowDocument, FlowSettings
from postmill.tables.items import flow as deployed_flows
from tests.flow_driver.conftest import Scripts, Works
from tests.flow_logic.programs import LIBRARY, Plan, run_script

SHORTER = 50
"""So much shorter is what steps sleep."""

WEIGHT = """return (() => {
  const plain = v => Array.isArray(v) ? v.map(plain) : v === null || typeof v !== "object" ? v
    : typeof v.error === "string" ? {error: "said"}
    : v.error && typeof v.error === "object" && !Array.isArray(v.error)
      ? {error: {name: v.error.name ?? null, ...("result" in v.error ? {result: plain(v.error.result)} : {})}}
    : Object.fromEntries(Object.entries(v).map(([name, member]) => [name, plain(member)]));
  const text = v => Array.isArray(v) ? "[" + v.map(text).join(", ") + "]"
    : v === null || typeof v !== "object" ? JSON.stringify(v)
    : "{" + Object.keys(v).sort().map(name => JSON.stringify(name) + ": " + text(v[name])).join(", ") + "}";
  return [...text(plain(WHAT))].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 97 % 2 === 0;
})()"""
"""``programs.weight`` of something is even."""


def in_javascript(expr: str) -> str:
    """An expression of ``programs.evaluate``."""
    word, _, argument = expr.partition(" ")
    if expr == "throw":
        return '(() => { throw new Error("thrown") })()'
    if expr.startswith("="):
        return f"({expr[1:]})"
    if word == "even":
        return WEIGHT.replace("WHAT", argument)
    if word == "turns":
        return f"Array.isArray(all_iters) && all_iters.length >= {argument}"
    if word == "iter":
        return "flow_input.iter ? flow_input.iter.index : -1"
    return expr


def drivable(part: Any, plan: Plan, name: str) -> Any:
    """The same flow for a worker: in JavaScript, with short pauses and limits that count under ``name``."""
    if isinstance(part, list):
        return [drivable(item, plan, name) for item in part]
    if not isinstance(part, dict):
        return part
    made = {key: drivable(member, plan, name) for key, member in part.items()}
    for key in ("expr", "skip_expr"):
        if isinstance(made.get(key), str):
            made[key] = in_javascript(made[key])
    if "seconds" in made:
        made["seconds"] = 0
    if "sleep" in made:
        made["sleep"] = shorter(made["sleep"])
    if made.get("type") == "rawscript":
        made["lock"] = ""
    if made.get("type") == "flow":
        made["path"] = path_of(made["path"])
    if "custom_concurrency_key" in made:
        made["custom_concurrency_key"] = f"{name} {made['custom_concurrency_key']}"
    if "suspend" in made:
        answer = plan.answers.get(made["id"], "approve")
        made["suspend"] = {**made["suspend"], "timeout": 0 if answer == "timeout" else 1000}
    return made


def shorter(sleep: dict[str, Any]) -> dict[str, Any]:
    if sleep["type"] == "static":
        return {"type": "static", "value": sleep["value"] / SHORTER}
    return {
        "type": "javascript",
        "expr": f"typeof {sleep['expr']} === 'number' ? {sleep['expr']} / {SHORTER} : 'soon'",
    }


def path_of(path: str) -> str:
    return "u/alice/" + path.removeprefix("f/lib/")


def simpler(part: Any) -> Any:
    """Without waits behind steps that may have no job: what is asked then is asked of their flow."""
    if isinstance(part, list):
        return [simpler(item) for item in part]
    if not isinstance(part, dict):
        return part
    keeps = not part.get("mock") and "suspend" in part and _has_no_job(part["value"])
    return {name: simpler(member) for name, member in part.items() if not keeps or name != "suspend"}


def _has_no_job(value: dict[str, Any]) -> bool:
    """Whether a step may end without any."""
    lists = [value["modules"]] if "modules" in value else []
    lists += [branch["modules"] for branch in value.get("branches", [])]
    if value["type"] == "branchone":
        return not all([*lists, value["default"]])
    if value["type"] == "branchall":
        return not lists
    return not all(lists) or value.get("iterator", {}).get("expr") == "=[]"


async def deploy_library(works: Works) -> None:
    """The flows that others call."""
    for path, value in LIBRARY.items():
        await deployed_flows.add(works.pool, "main", path_of(path), {})
        await deployed_flows.add_version(
            works.pool,
            FlowDocument(
                workspace_id="main", path=path_of(path), version=0, summary="", description="", schema=None,
                value=json.dumps(drivable(value, Plan(), path)), settings=FlowSettings(), archived=False,
                extra_perms={}, lock_job=None, lock_error_logs=None, deployment_message=None, created_by="alice",
                created_at=now(),
            ),
        )  # fmt: skip


class Plays(Scripts):
    """Plays the scripts of ``programs``; ``exceeded`` are the keys under which more ran at once than may."""

    def __init__(self, works: Works) -> None:
        super().__init__()
        self._works = works
        self._under_way: Counter[str] = Counter()
        self.exceeded: set[str] = set()

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        if request.stored is not None:
            await request.stored()
        row = await self._works.pool.fetchrow(
            "SELECT flow_attempt, concurrency_key, concurrency_limit FROM job WHERE id = $1", request.job_id
        )
        assert row is not None
        key = row["concurrency_key"]
        self._under_way[key] += 1
        if key is not None and self._under_way[key] > row["concurrency_limit"]:
            self.exceeded.add(key)
        await self._works.pool.fetchval("SELECT 1")  # others that may run do meanwhile
        self._under_way[key] -= 1
        succeeds, result = run_script(request.code, json.loads(request.args).get("x"), row["flow_attempt"])
        return RunOutcome(
            "success" if succeeds else "error", json.dumps(result if succeeds else result["error"])
        )
