"""A queue that tests push to and claim from by hand."""

from collections.abc import AsyncIterator

import pytest

from postmill.db.pool import Pool
from postmill.queue.push import PushWriter
from tests.job_makers import Hands


@pytest.fixture
async def hands(database_url: str) -> AsyncIterator[Hands]:
    hands = Hands(database_url)
    yield hands
    await hands.close()


@pytest.fixture
async def writer(database: Pool, database_url: str) -> AsyncIterator[PushWriter]:
    writer = PushWriter(database, database_url=database_url)
    yield writer
    await writer.close()
