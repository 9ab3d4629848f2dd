"""Runs ask the public clients for a token of their identity, and anybody can check it with the published keys."""

import base64
import json
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from platform_process import RUN_SECONDS, Platform

PYTHON = "import wmill\n\ndef main():\n    return wmill.get_id_token('sts.example.com')\n"
BUN = """import * as wmill from "windmill-client";

export async function main() {
  return await wmill.getIdToken("sts.example.com");
}
"""
BASH = """curl -sf -X POST -H "Authorization: Bearer $WM_TOKEN" \
"$BASE_INTERNAL_URL/api/w/$WM_WORKSPACE/oidc/token/sts.example.com?expires_in=60"
"""
GATHER = "def main(all: list):\n    return all\n"
FLOW = "u/admin/id_token_flow"


def checked(platform: Platform, token: str) -> dict[str, Any]:
    """The claims, found good as a relying party finds them: from the issuer's address on."""

    def data(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    head, body, signature = token.strip().split(".")
    claims: dict[str, Any] = json.loads(data(body))
    assert claims["iss"].startswith(platform.address)
    found = httpx.get(
        claims["iss"] + ".well-known/openid-configuration", trust_env=False, timeout=RUN_SECONDS
    ).json()
    keys = httpx.get(found["jwks_uri"], trust_env=False, timeout=RUN_SECONDS).json()["keys"]
    [key] = [key for key in keys if key["kid"] == json.loads(data(head))["kid"]]
    numbers = RSAPublicNumbers(int.from_bytes(data(key["e"]), "big"), int.from_bytes(data(key["n"]), "big"))
    numbers.public_key().verify(data(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    assert claims["aud"] == "sts.example.com"
    return claims


def test_scripts_in_python_typescript_and_bash(platform: Platform) -> None:
    for language, content in (("python3", PYTHON), ("bun", BUN), ("bash", BASH)):
        path = f"u/admin/id_token_{language}"
        platform.deploy(path, content, language)
        claims = checked(platform, platform.run(path))
        assert claims["sub"] == f"admin@example.com::{path}::::main"
        preview = {"content": content, "language": language, "path": path, "args": {}}
        tested = platform.post("jobs/run_wait_result/preview", preview).json()
        assert checked(platform, tested)["sub"] == "admin@example.com::::::main"


def test_steps_of_flows(platform: Platform) -> None:
    platform.deploy("u/admin/id_token_step", PYTHON)
    inline = {"type": "rawscript", "language": "bash", "content": BASH, "input_transforms": {}}
    deployed = {"type": "script", "path": "u/admin/id_token_step", "input_transforms": {}}
    loop = {
        "type": "forloopflow",
        "iterator": {"type": "javascript", "expr": "[1]"},
        "skip_failures": False,
        "modules": [{"id": "c", "value": inline}],
    }
    said = {"all": {"type": "javascript", "expr": "[results.a, results.b, results.d[0]]"}}
    modules = [
        {"id": "a", "value": deployed},
        {"id": "b", "value": inline},
        {"id": "d", "value": loop},
        {
            "id": "e",
            "value": {
                "type": "rawscript",
                "language": "python3",
                "content": GATHER,
                "input_transforms": said,
            },
        },
    ]
    flow = {"path": FLOW, "summary": "", "description": "", "schema": {}, "value": {"modules": modules}}
    platform.post("flows/create", flow)
    answer = platform.post(f"jobs/run_wait_result/f/{FLOW}", {}).json()
    told = [checked(platform, token) for token in answer]
    assert [claims["flow_path"] for claims in told] == [FLOW] * 3
    assert told[0]["path"] == "u/admin/id_token_step"
    assert told[1]["path"].startswith(FLOW) and told[2]["path"].startswith(FLOW)
    preview = {"value": flow["value"], "path": FLOW, "args": {}}
    answer = platform.post("jobs/run_wait_result/preview_flow", preview).json()
    told = [checked(platform, token) for token in answer]
    assert [claims["flow_path"] for claims in told] == [""] * 3
    assert [claims["path"] for claims in told] == ["u/admin/id_token_step", "", ""]
