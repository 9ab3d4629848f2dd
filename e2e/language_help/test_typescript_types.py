"""Types of npm packages over the API: what a script's own install brings, and who may ask."""

from typing import Any

import pytest
from platform_process import Platform

from language_help.test_python_help import member

ZOD = 'import { z } from "zod";\nexport async function main() { return z.string() }\n'


@pytest.fixture(scope="module")
def scripts(platform: Platform, both_folders: None) -> None:
    platform.deploy("f/board/hidden", ZOD, language="bun")


def types(platform: Platform, code: str, token: str | None = None, **more: Any) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"path": "u/admin/edited", "code": code, "language": "bun", **more}
    answer = platform.http.post("/w/main/language_help/typescript_types", json=body, headers=headers)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_the_types_of_a_locked_package_come_once(platform: Platform, scripts: None) -> None:
    found = types(platform, ZOD)
    assert found["state"] == "ready", found
    assert "zod/package.json" in found["files"]
    assert any("ZodString" in text for text in found["files"].values())
    assert all(name.endswith((".d.ts", ".d.cts", ".d.mts", "package.json")) for name in found["files"])
    again = types(platform, f"{ZOD}z.", known=found["digest"])
    assert again["digest"] == found["digest"], "half a line does not change what is imported"
    assert again["files"] is None


def test_packages_of_scripts_that_may_not_be_read_stay_unknown(platform: Platform, scripts: None) -> None:
    code = 'import { main as other } from "/f/board/hidden.ts";\nexport async function main() {}\n'
    assert "zod/package.json" in types(platform, code)["files"]
    token = member(platform, "typist")
    assert types(platform, code, token)["files"] == {}


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ('import "../../../../etc/passwd";', "bun"),
        ('import "npm:../../etc/passwd";', "bun"),
        ('import "https://elsewhere.example/x.ts";', "deno"),
        ("const half = {", "bun"),
        ("\0", "bun"),
    ],
)
def test_no_code_leads_to_other_files(platform: Platform, scripts: None, code: str, language: str) -> None:
    found = types(platform, code, language=language)
    assert not found["files"]


@pytest.mark.parametrize(
    "body",
    [
        {"path": "../../etc/passwd", "code": ""},
        {"path": "u/admin/x"},
        {"path": "u/admin/x", "code": "", "language": "cobol"},
        {"path": "u/admin/x", "code": "x" * 1_000_001},
    ],
)
def test_bad_requests_are_told_so(platform: Platform, scripts: None, body: dict[str, Any]) -> None:
    assert platform.http.post("/w/main/language_help/typescript_types", json=body).status_code == 400


def test_only_who_may_write_code_is_answered(platform: Platform, scripts: None) -> None:
    operator = member(platform, "only_runs", operator=True)
    body = {"path": "u/admin/x", "code": ""}
    for token, status in [(operator, 401), ("pm_tok_of_nobody", 401)]:
        headers = {"authorization": f"Bearer {token}"}
        for method, place, sent in [("POST", "typescript_types", body), ("GET", "runtime_types/deno", None)]:
            answer = platform.http.request(
                method, f"/w/main/language_help/{place}", json=sent, headers=headers
            )
            assert answer.status_code == status


def test_a_runtime_tells_its_globals(platform: Platform, scripts: None) -> None:
    found = platform.http.get("/w/main/language_help/runtime_types/deno").json()
    assert any("namespace Deno" in text for text in found["files"].values())
    assert platform.http.get("/w/main/language_help/runtime_types/../../../x").status_code in (400, 404)
    assert platform.http.get("/w/main/language_help/runtime_types/cobol").status_code == 400
