"""TypeScript from end to end: deployed, locked, run and called by the public client, in each runtime."""

import json

import httpx
import pytest
from platform_process import RUN_SECONDS, Platform, eventually

CLIENT = """
import * as wmill from "windmill-client";
import { twice } from "/u/admin/ts_library";

export async function main(n: number, db: { host: string }) {
  const seen = ((await wmill.getState()) ?? 0) + 1;
  await wmill.setState(seen);
  console.log("the key is", await wmill.getVariable("u/admin/ts_key"));
  const called = await wmill.runScript("u/admin/ts_called", null, { n });
  return { called, seen, twice: twice(n), host: db.host, wm_labels: ["ts"] };
}
"""


@pytest.fixture(scope="module", autouse=True)
def library(platform: Platform) -> str:
    platform.post("variables/create", {"path": "u/admin/ts_key", "value": "s3cr3t-of-ts", "is_secret": True})
    platform.post(
        "resources/create", {"path": "u/admin/ts_db", "value": {"host": "db.local"}, "resource_type": "any"}
    )
    platform.deploy("u/admin/ts_called", "def main(n: int):\n    return n + 1\n")
    return platform.deploy(
        "u/admin/ts_library", "export const twice = (n: number) => 2 * n;\n", language="bun"
    )


@pytest.mark.parametrize("language", ["bun", "bunnative", "deno"])
def test_the_public_client_works_unmodified_in_a_script(platform: Platform, language: str) -> None:
    path = f"u/admin/ts_client_{language}"
    platform.deploy(path, CLIENT, language=language)
    args = {"n": 4, "db": "$res:u/admin/ts_db"}
    assert platform.run(path, args)["seen"] == 1
    job = platform.wait_for(platform.start(path, args))
    assert job["result"] == {"called": 5, "seen": 2, "twice": 8, "host": "db.local", "wm_labels": ["ts"]}
    assert "the key is" in job["logs"] and "s3cr3t-of-ts" not in job["logs"]
    script = platform.get(f"scripts/get/p/{path}")
    assert "windmill-client" in script["lock"] and "sha512-" in script["lock"]
    assert script["schema"]["required"] == ["n", "db"]


def test_an_importer_follows_a_redeployed_library(platform: Platform, library: str) -> None:
    importer = (
        'import { twice } from "./ts_library.ts";\nexport function main(n: number) { return twice(n) }\n'
    )
    for language in ("bun", "deno", "nativets"):
        platform.deploy(f"u/admin/ts_importer_{language}", importer, language=language)
        assert platform.run(f"u/admin/ts_importer_{language}", {"n": 2}) == 4
    platform.deploy(
        "u/admin/ts_library",
        "export const twice = (n: number) => n * 20;\n",
        language="bun",
        parent_hash=library,
    )
    for language in ("bun", "deno", "nativets"):
        eventually(lambda: platform.run(f"u/admin/ts_importer_{language}", {"n": 2}) == 40)  # noqa: B023


def test_annotations_choose_the_runtime(platform: Platform) -> None:
    body = "export function main() { return [typeof Bun, typeof process, typeof fetch] }\n"
    seen = {}
    for name in ("native", "nodejs", "nobundling"):
        platform.deploy(f"u/admin/ts_{name}", f"//{name}\n{body}", language="bun")
        seen[name] = (
            platform.get(f"scripts/get/p/u/admin/ts_{name}")["language"],
            platform.run(f"u/admin/ts_{name}")[0],
        )
    assert seen == {
        "native": ("bunnative", "undefined"), "nodejs": ("bun", "undefined"), "nobundling": ("bun", "object"),
    }  # fmt: skip


def test_a_preview_with_an_annotation_runs_where_the_version_would(platform: Platform) -> None:
    code = "//native\nexport function main() { return typeof Bun }\n"
    answer = platform.http.post(
        "/w/main/jobs/run_wait_result/preview",
        json={"language": "bun", "content": code, "args": {}},
        timeout=RUN_SECONDS,
    )
    assert answer.json() == "undefined"


def test_a_step_of_a_flow_asks_for_approval_with_the_public_client(platform: Platform) -> None:
    ask = (
        'import * as wmill from "windmill-client";\n'
        "export async function main() { return Object.keys(await wmill.getResumeUrls('ann')).sort() }\n"
    )
    value = {"modules": [{"id": "a", "value": {"type": "rawscript", "language": "bun", "content": ask,
                                               "input_transforms": {}}}]}  # fmt: skip
    job = platform.post("jobs/run/preview_flow", {"value": value, "args": {}}).text
    assert platform.wait_for(job)["result"] == ["approvalPage", "cancel", "resume"]


def test_scripts_follow_a_package_json_of_the_workspace(platform: Platform) -> None:
    def set_file(version: str) -> None:
        content = json.dumps({"dependencies": {"ms": version}})
        platform.post(
            "workspace_dependencies/create", {"language": "bun", "name": "ts_tools", "content": content}
        )

    set_file("2.0.0")
    code = '// package_json: ts_tools\nimport ms from "ms";\nexport function main() { return ms(60000) }\n'
    platform.deploy("u/admin/ts_filed", code, language="bun")
    lock = platform.get("scripts/get/p/u/admin/ts_filed")["lock"]
    assert lock.startswith("// workspace-dependencies-mode: manual\n") and "ms@2.0.0" in lock
    assert platform.run("u/admin/ts_filed") == "1m"
    set_file("2.1.3")
    eventually(lambda: "ms@2.1.3" in (platform.get("scripts/get/p/u/admin/ts_filed")["lock"] or ""))
    assert platform.run("u/admin/ts_filed") == "1m"


def test_a_package_that_does_not_exist_fails_the_deployment_with_its_name(platform: Platform) -> None:
    code = 'import x from "@no-such-scope-xyz/nothing-here";\nexport function main() { return x }\n'
    created = platform.post(
        "scripts/create",
        {"path": "u/admin/ts_broken", "content": code, "language": "bun", "summary": "", "description": ""},
    )
    status = f"scripts/deployment_status/h/{created.text}"
    eventually(lambda: platform.get(status).get("lock_error_logs"))
    assert "@no-such-scope-xyz/nothing-here" in platform.get(status)["lock_error_logs"]


def test_code_that_cannot_be_read_is_refused_with_its_place(platform: Platform) -> None:
    body = {
        "path": "u/admin/ts_wrong",
        "content": "export function main( {\n}",
        "language": "bun",
        "summary": "",
    }
    refused = platform.http.post("/w/main/scripts/create", json=body)
    assert refused.status_code == 400
    assert "line 1, column" in refused.text


def test_a_dedicated_script_keeps_its_process(platform: Platform) -> None:
    code = "let count = 0;\nexport function main() { return [process.pid, ++count] }\n"
    platform.deploy("u/admin/ts_warm", code, language="bun", dedicated_worker=True)
    counts = [platform.run("u/admin/ts_warm")[1] for _ in range(3)]
    assert counts == [1, 2, 3]


def test_a_preview_resolves_its_packages_and_streams(platform: Platform) -> None:
    code = (
        'import ms from "ms@2";\nexport async function* main() { yield String(ms("1m")); yield "\\nend" }\n'
    )
    answer = platform.http.post(
        "/w/main/jobs/run_wait_result/preview",
        json={"language": "bun", "content": code, "args": {}},
        timeout=RUN_SECONDS,
    )
    assert answer.json() == "60000\nend"


def test_a_preprocessor_and_a_dynamic_select(platform: Platform) -> None:
    code = (
        "type DynSelect_fruit = string;\n"
        "export async function fruit(filterText: string) { return [{ label: 'Apple', value: filterText + 'a' }] }\n"
        "export async function preprocessor(event: any) { return { x: event.kind + event.body.n } }\n"
        "export async function main(x: DynSelect_fruit) { return x }\n"
    )
    platform.deploy("u/admin/ts_pre", code, language="bun")
    assert platform.post("jobs/run_wait_result/p/u/admin/ts_pre", {"n": 7}).json() == "webhook7"
    schema = platform.get("scripts/get/p/u/admin/ts_pre")["schema"]
    assert schema["properties"]["x"]["format"] == "dynselect-fruit"
    options = platform.post(
        "jobs/run/dynamic_select",
        {"runnable_ref": {"source": "deployed", "path": "u/admin/ts_pre", "runnable_kind": "script"},
         "entrypoint_function": "fruit", "args": {"filterText": "q"}},
    )  # fmt: skip
    assert isinstance(options, httpx.Response)
    assert platform.wait_for(options.text)["result"] == [{"label": "Apple", "value": "qa"}]
