"""A secret that a job reads with its token is masked in what it prints, however soon it prints it."""

import json

from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.model.subject import Subject
from postmill.references.sealing import place_of_variable, seal
from postmill.references.variables import read_value
from postmill.worker.secrets_read import can_read_secrets
from tests.job_makers import log_of, new_job, until

from .conftest import Shop
from .test_worker import wait_for_state

SECRET = "the-secret-value"
CODE = "import wmill\ndef main(): print(wmill.get_variable('u/alice/key'))"


async def add_secret(shop: Shop) -> None:
    place = place_of_variable("main", "u/alice/key")
    async with shop.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO workspace_key (workspace_id, id, wrapped_key) VALUES ('main', 1, $1)",
            shop.keyring.new_wrapped_key("main"),
        )
        sealed = await seal(connection, shop.keyring, "main", SECRET, place)
        await connection.execute(
            "INSERT INTO variable (workspace_id, path, value, is_secret, edited_by) "
            "VALUES ('main', 'u/alice/key', $1, true, 'alice')",
            sealed,
        )


async def read_as_job(shop: Shop, request: RunRequest) -> str:
    """What the server does for the job's token."""
    subject = Subject(
        email="alice@example.com",
        username="alice",
        workspace_id="main",
        token_kind="job",
        job_id=request.job_id,
    )
    async with shop.pool.acquire() as connection, connection.transaction():
        return (await read_value(connection, shop.keyring, subject, "main", "u/alice/key")).text


async def test_it_is_masked_at_the_end_and_in_the_words_of_a_failure(shop: Shop) -> None:
    await add_secret(shop)

    async def print_and_fail(request: RunRequest) -> RunOutcome:
        value = await read_as_job(shop, request)
        request.log.write(value.encode())
        return RunOutcome("error", json.dumps({"message": value}))

    shop.runner.behaviour = print_and_fail
    job = new_job(raw_code=CODE)
    async with shop.working():
        await shop.writer.push(job)
        await wait_for_state(shop, job.id, "failure")
    assert (await log_of(shop.pool, job.id)).endswith("****")
    assert SECRET not in await shop.pool.fetchval("SELECT result::text FROM completed_job")


async def test_it_is_masked_while_the_job_runs(shop: Shop) -> None:
    await add_secret(shop)
    job = new_job(raw_code=CODE)

    async def print_and_wait(request: RunRequest) -> RunOutcome:
        request.log.write(b"before\n")
        value = await read_as_job(shop, request)
        request.log.write(f"{value}\nafter\n".encode())

        async def stored() -> bool:
            return "after" in await log_of(shop.pool, job.id)

        await until(stored)
        return RunOutcome("success", "1")

    shop.runner.behaviour = print_and_wait
    async with shop.working():
        await shop.writer.push(job)
        await wait_for_state(shop, job.id, "success")
    assert (await log_of(shop.pool, job.id)).endswith("before\n****\nafter\n")


def test_only_code_that_can_get_at_its_token_costs_a_question() -> None:
    assert can_read_secrets("import wmill", None)
    assert can_read_secrets("from f.team.tools import x", None)
    assert can_read_secrets('curl -H "Bearer $WM_TOKEN"', "")
    assert can_read_secrets("def main(): pass", "requests==2.0")
    assert can_read_secrets('import { getVariable } from "windmill-client"', "")
    assert can_read_secrets('export * from "./helper"', "")
    assert can_read_secrets('const f = await import("./helper")', "")
    assert can_read_secrets('os.Getenv("X")', "")
    assert not can_read_secrets(
        "export function main(x: number) { return x + 1 }", "{}\n//bun.lock\n<empty>\n"
    )
    assert not can_read_secrets("def main(x: int):\n    return x + 1", "# py: 3.11\n")
