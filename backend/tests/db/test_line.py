"""Connections of somebody's own: used again, and replaced where a statement was broken off."""

import asyncio

import asyncpg
import pytest

from postmill.db.line import Lines


async def test_a_line_is_used_again_and_opened_anew_after_a_statement_was_broken_off(
    database_url: str,
) -> None:
    lines = Lines(database_url, "test", "SET application_name = 'flows'", 1)

    async def backend() -> tuple[int, str]:
        row = await lines.fetchrow("SELECT pg_backend_pid(), current_setting('application_name')")
        assert row is not None
        return row[0], row[1]

    try:
        first = await backend()
        assert first == await backend() and first[1] == "flows"
        with pytest.raises(asyncpg.DivisionByZeroError):
            await lines.fetchrow("SELECT 1 / $1::integer", 0)
        assert await backend() == first
        held = asyncio.create_task(lines.fetchrow("SELECT pg_sleep(60)"))
        waiting = asyncio.create_task(backend())
        await asyncio.sleep(0)
        held.cancel()
        assert (await waiting)[0] != first[0]
    finally:
        await lines.close()
