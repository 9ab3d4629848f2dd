"""A whole server on a fresh database, as the tests of the jobs API build it, for tests that span areas."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http_jobs.conftest import World, made_world


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with made_world(database_url, tmp_path) as world:
        yield world
