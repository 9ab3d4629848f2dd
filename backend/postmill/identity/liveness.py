"""Whether the database answers, and whether the instance was set up."""

import asyncio

from postmill.db.pool import Pool
from postmill.db.retry import DATABASE_ERRORS
from postmill.tables.people import account

ANSWER_SECONDS = 3.0


async def is_set_up(pool: Pool) -> bool:
    """Whether the first administrator was made."""
    return await account.any_exists(pool)


async def database_answers(pool: Pool) -> bool:
    """Whether a small question is answered in good time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await account.any_exists(pool)
    except DATABASE_ERRORS:
        return False
    return True
