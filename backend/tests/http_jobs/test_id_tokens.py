"""Identity tokens over HTTP: for runs alone, with keys that others read without a token and that can be replaced."""

import base64
import json
import time
from typing import Any

from postmill.identity import job_tokens

from .conftest import Api, World


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and claims, unchecked."""

    def read(part: str) -> Any:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    head, body, _ = token.split(".")
    return read(head), read(body)


async def running(world: World, path: str = "u/admin/greet") -> tuple[str, Api]:
    """A run, and the API as it sees it."""
    await world.admin.start(path)
    job = await world.worker.claim()
    token = job_tokens.mint(world.context.keyring, job.id, job.attempt, int(time.time()) + 600)
    return str(job.id), Api(world.client, token)


async def key_ids(world: World) -> list[str]:
    answer = await world.anonymous("GET", "/oidc/jwks")
    assert answer.status_code == 200, answer.text
    assert all("d" not in key and key["kty"] == "RSA" for key in answer.json()["keys"])
    assert (await world.anonymous("GET", "/.well-known/jwks.json")).json() == answer.json()
    return [key["kid"] for key in answer.json()["keys"]]


async def test_a_run_says_which_one_it_is(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    job_id, run = await running(world)
    answer = await run("POST", "oidc/token/https://sts.example.com", params={"expires_in": 90})
    assert answer.status_code == 200, answer.text
    head, claims = claims_of(answer.text)
    found = await world.anonymous("GET", "/oidc/.well-known/openid-configuration")
    assert found.status_code == 200, found.text
    assert claims["iss"] == found.json()["issuer"]
    assert found.json()["jwks_uri"] == claims["iss"] + "jwks"
    assert (claims["aud"], claims["job_id"]) == ("https://sts.example.com", job_id)
    assert claims["sub"] == "admin@example.com::u/admin/greet::::main"
    assert claims["exp"] - claims["iat"] == 90
    assert head["kid"] in await key_ids(world)


async def test_nobody_else_has_one(world: World) -> None:
    assert (await world.admin("POST", "oidc/token/aws")).status_code == 403
    assert (await world.anonymous("POST", "oidc/token/aws")).status_code == 401
    await world.admin.deploy("u/admin/greet")
    _, run = await running(world)
    for seconds in ("0", "1e9", "nan", "x"):
        answer = await run("POST", "oidc/token/aws", params={"expires_in": seconds})
        assert answer.status_code == 400, answer.text
    assert (await run("POST", f"oidc/token/{'a' * 300}")).status_code == 400
    assert (await run("POST", "/oidc/rotate_key")).status_code == 403
    bob = await world.member("bob")
    assert (await bob("GET", "/oidc/signing_status")).status_code == 403


async def test_code_that_is_not_deployed_borrows_no_path(world: World) -> None:
    await world.admin.deploy("u/admin/greet")
    body = {"content": "echo 1", "language": "bash", "path": "u/admin/greet"}
    assert (await world.admin("POST", "jobs/run/preview", json=body)).status_code == 201
    job = await world.worker.claim()
    token = job_tokens.mint(world.context.keyring, job.id, job.attempt, int(time.time()) + 600)
    answer = await Api(world.client, token)("POST", "oidc/token/aws")
    assert claims_of(answer.text)[1]["path"] == ""


async def test_a_key_is_replaced_and_the_one_before_is_shown_until_its_tokens_end(world: World) -> None:
    [first] = await key_ids(world)
    second = (await world.admin("POST", "/oidc/rotate_key")).text
    assert await key_ids(world) == [second, first]
    await world.admin.deploy("u/admin/greet")
    _, run = await running(world)
    assert claims_of((await run("POST", "oidc/token/aws")).text)[0]["kid"] == second
    states = {key["kid"]: key["state"] for key in (await world.admin.get("/oidc/signing_status"))["keys"]}
    assert states == {second: "active", first: "retired"}
    await world.context.pool.execute("update signing_key set created_at = created_at - interval '49 hours'")
    assert await key_ids(world) == [second]
    third = (await world.admin("POST", "/oidc/rotate_key")).text
    assert await key_ids(world) == [third, second]
    assert await world.context.pool.fetchval("select count(*) from signing_key") == 2


async def test_the_private_key_is_sealed(world: World) -> None:
    await key_ids(world)
    stored = await world.context.pool.fetchval("select sealed_key from signing_key")
    assert "PRIVATE" not in stored and "LS0tLS1" not in stored
