"""A workspace with many languages goes into files and into another workspace through ``wmill`` of npm, unmodified."""

from pathlib import Path
from typing import Any

from platform_process import Platform, eventually

from clients.conftest import Client, CommandLine

BUN = """import { z } from "zod";

export async function main(name: string, n = 3) {
  return z.string().parse(name).repeat(n);
}
"""
CODE = {
    "bun": BUN,
    "deno": "export async function main(x: number) {\n  return x * 2;\n}\n",
    "nativets": "export async function main(url: string) {\n  return url;\n}\n",
    "go": "package inner\n\nfunc main(x string) (interface{}, error) {\n\treturn x, nil\n}\n",
    "bash": 'name="$1"\necho "$name"\n',
    "python3": "def main(a: int):\n    return a\n",
    "postgresql": "-- $1 n (int) = 3\nSELECT $1::int AS n;\n",
    "mysql": "-- ? n (int)\nSELECT ? AS n;\n",
    "mssql": "-- @P1 n (int)\nSELECT @P1 AS n;\n",
    "bigquery": "-- @n (int64)\nSELECT @n AS n;\n",
    "snowflake": "-- ? n (int)\nSELECT ? AS n;\n",
    "oracledb": "-- :n (int)\nSELECT :n FROM dual;\n",
    "duckdb": "-- $n (int)\nSELECT $n AS n;\n",
    "graphql": "query($n: Int) {\n  thing(n: $n) { id }\n}\n",
    "powershell": "param($Name)\nWrite-Output $Name\n",
}
FILES = {
    "bun.ts", "deno.deno.ts", "nativets.fetch.ts", "go.go", "bash.sh", "python3.py", "postgresql.pg.sql",
    "mysql.my.sql", "mssql.ms.sql", "bigquery.bq.sql", "snowflake.sf.sql", "oracledb.odb.sql", "duckdb.duckdb.sql",
    "graphql.gql", "powershell.ps1", "plain.variable.yaml", "secret.variable.yaml", "thing.resource.yaml",
}  # fmt: skip
IN_STEPS = ("bun", "nativets", "go", "bash", "python3", "postgresql", "duckdb")
JOINED = {"debounce_delay_s": 5, "debounce_key": "$args[name]", "debounce_args_to_accumulate": ["name"]}
PLAIN = ("--plain-secrets", "--include-schedules", "--include-triggers")


def filled(platform: Platform, workspace: str) -> None:
    """A workspace with a script in each language, a flow with many of them inline, and items without code."""
    platform.post("/workspaces/create", {"id": workspace, "name": workspace})
    there = f"/w/{workspace}"
    platform.post(f"{there}/folders/create", {"name": "mix"})
    hashes = [
        platform.post(
            f"{there}/scripts/create",
            {
                "path": f"f/mix/{language}",
                "content": content,
                "language": language,
                "summary": f"In {language}",
                "description": "d",
                "schema": {"type": "object", "properties": {}, "required": []},
                **(JOINED if language == "bash" else {}),
            },
        ).text
        for language, content in CODE.items()
    ]

    def step(id: str, value: dict[str, Any]) -> dict[str, Any]:
        return {"id": id, "summary": f"Step {id}", "value": {"input_transforms": {}, **value}}

    modules = [
        step(f"a{number}", {"type": "rawscript", "language": language, "content": CODE[language]})
        for number, language in enumerate(IN_STEPS)
    ]
    loop = {
        "type": "forloopflow",
        "iterator": {"type": "javascript", "expr": "[1, 2]"},
        "skip_failures": True,
        "modules": [step("c", {"type": "script", "path": "f/mix/bash"})],
    }
    flow = {
        "path": "f/mix/flow",
        "summary": "Many",
        "description": "",
        "schema": {"type": "object", "properties": {}, "required": []},
        "value": {"modules": [*modules, {"id": "b", "value": loop}]},
    }
    platform.post(f"{there}/flows/create", flow)
    kind = {"name": "c_mix", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    platform.post(f"{there}/resources/type/create", kind)
    value = {"a": "$var:f/mix/plain", "b": [1, {"c": None}]}
    platform.post(
        f"{there}/resources/create", {"path": "f/mix/thing", "value": value, "resource_type": "c_mix"}
    )
    for name, text, is_secret in (("plain", "two\nlines", False), ("secret", "hush", True)):
        variable = {"path": f"f/mix/{name}", "value": text, "is_secret": is_secret, "description": "v"}
        platform.post(f"{there}/variables/create", variable)
    for script_hash in hashes:
        eventually(lambda hash=script_hash: is_deployed(platform, there, hash), 300)
    eventually(lambda: has_locks(platform, there), 300)


def is_deployed(platform: Platform, there: str, script_hash: str) -> bool:
    status = platform.get(f"{there}/scripts/deployment_status/h/{script_hash}")
    assert not status.get("lock_error_logs"), status["lock_error_logs"]
    return status.get("lock") is not None


def has_locks(platform: Platform, there: str) -> bool:
    modules = platform.get(f"{there}/flows/get/f/mix/flow")["value"]["modules"]
    return all("lock" in module["value"] for module in modules if module["value"]["type"] == "rawscript")


def content(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_many_languages_go_into_files_and_into_another_workspace(
    platform: Platform, node_client: Client, tmp_path: Path
) -> None:
    filled(platform, "mixed")
    platform.post("/workspaces/create", {"id": "mixed-copy", "name": "Copy"})
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    wmill = CommandLine(platform, tmp_path / "first", "mixed")
    copied = CommandLine(platform, tmp_path / "second", "mixed-copy")

    wmill("sync", "pull", "--yes", *PLAIN)
    written = content(wmill.folder)
    assert {f"f/mix/{name}" for name in FILES} <= set(written)
    assert "0 changes" in wmill("sync", "push", "--yes", *PLAIN)
    assert "0 changes" in wmill("sync", "pull", "--yes", *PLAIN)

    wmill.at("mixed-copy")("sync", "push", "--yes", *PLAIN)
    copied("sync", "pull", "--yes", *PLAIN)
    assert content(copied.folder) == written
    assert platform.get("/w/mixed-copy/scripts/get/p/f/mix/bash").items() >= JOINED.items()
    assert platform.get("/w/mixed-copy/variables/get_value/f/mix/secret") == "hush"

    place = copied.folder / "f" / "mix"
    (place / "bun.ts").write_text(BUN.replace("n = 3", "n = 3, more?: string"))
    query = next((place / "flow.flow").glob("*.pg.sql"))
    query.write_text(query.read_text().replace("AS n", "AS n, 2 AS two"))
    for file in place.glob("oracledb.*"):
        file.unlink()
    copied("generate-metadata", "--yes")
    copied("sync", "push", "--yes", *PLAIN)
    there = "/w/mixed-copy"
    script = platform.get(f"{there}/scripts/get/p/f/mix/bun")
    assert set(script["schema"]["properties"]) == {"name", "n", "more"} and "zod" in script["lock"]
    assert len(platform.get(f"{there}/scripts/history/p/f/mix/bun")) == 2
    assert platform.get(f"{there}/scripts/get/p/f/mix/oracledb")["archived"] is True
    steps = platform.get(f"{there}/flows/get/f/mix/flow")["value"]["modules"]
    assert "AS two" in steps[IN_STEPS.index("postgresql")]["value"]["content"]
    assert platform.post(f"{there}/jobs/run_wait_result/p/f/mix/bun", {"name": "ab", "n": 2}).json() == "abab"

    platform.post(f"{there}/resources/update_value/f/mix/thing", {"value": {"a": "new"}})
    copied("sync", "pull", "--yes", *PLAIN)
    assert "a: new" in (place / "thing.resource.yaml").read_text()
    assert "0 changes" in copied("sync", "push", "--yes", *PLAIN)
