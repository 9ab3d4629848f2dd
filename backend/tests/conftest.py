"""Fixtures with a real PostgreSQL: one embedded cluster per test process, one fresh migrated database per test."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil
import pytest
from hypothesis import HealthCheck, settings

from postmill.db.embedded import EmbeddedPostgres, remove_cluster
from postmill.db.migrate import migrate
from postmill.db.pool import Pool, connect

# A slow machine is no failure, and by day the same examples are tried every time: others are for the night.
BY_NIGHT = ("POSTMILL_FLOW_PROGRAMS", "POSTMILL_DRIVEN_PROGRAMS")
settings.register_profile(
    "steady",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not any(name in os.environ for name in BY_NIGHT),
)
settings.load_profile("steady")

TEMPLATE = "migrated"
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 * 1024**3

# What takes long begins first, so that at the end no process waits for another one's long file.
LONG_FILES = (
    "languages/test_go_run.py",
    "security/test_hostile_requests.py",
    "main/test_up.py",
    "http_jobs/test_reading.py",
    "languages/test_every_language.py",
    "db/test_embedded.py",
    "flow_logic/test_random_programs.py",
    "queue/test_histories.py",
    "http_core/test_matrix.py",
    "flow_driver/test_commits.py",
    "languages/test_snowflake_run.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the others, and the tests of each file, as they were found."""
    ranks = {f"backend/tests/{name}": rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


class TestCluster:
    """An embedded PostgreSQL that makes databases by the dozen, each a copy of one migrated template."""

    __test__ = False

    def __init__(self, server: EmbeddedPostgres, strategy: str) -> None:
        self.server = server
        self._strategy = strategy
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.server.database_url)._replace(path=f"/{database}"))

    async def make_database(self, template: str = TEMPLATE) -> str:
        """Make a database and return its URL; ``template1`` gives an empty one."""
        name = f"test_{next(self._numbers)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {self._strategy}")
        return self.url(name)

    async def drop_database(self, database_url: str) -> None:
        name = urlsplit(database_url).path.lstrip("/")
        await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def make_template(self) -> None:
        await self._execute(f"CREATE DATABASE {TEMPLATE}")
        await migrate(self.url(TEMPLATE))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def has_room(folder: Path) -> bool:
    """Whether files may lie there that are a part of the machine's memory."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return False
    return os.access(folder, os.W_OK) and min(free, psutil.virtual_memory().available) > MEMORY_NEEDED


@asynccontextmanager
async def running_cluster() -> AsyncIterator[TestCluster]:
    """A cluster in a temporary directory that is gone afterwards: in memory where there is room.

    A database is a thousand files. To make them on a disk takes longer than most of the tests that want one.
    """
    in_memory = has_room(MEMORY)
    folder = Path(tempfile.mkdtemp(prefix="postmill-test-", dir=MEMORY if in_memory else None))
    server = EmbeddedPostgres(folder)
    await server.start()
    try:
        yield TestCluster(server, "file_copy" if in_memory else "wal_log")
    finally:
        await server.stop()
        remove_cluster(folder)


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[TestCluster]:
    """The cluster of this test process, without the template's migrations."""
    async with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
async def migrated_postgres(postgres: TestCluster) -> TestCluster:
    """The same cluster with its migrated template made."""
    await postgres.make_template()
    return postgres


@pytest.fixture
async def database_url(migrated_postgres: TestCluster) -> AsyncIterator[str]:
    """The URL of a fresh, migrated, empty database, dropped after the test."""
    url = await migrated_postgres.make_database()
    yield url
    await migrated_postgres.drop_database(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Pool]:
    """A pool on a fresh database."""
    pool = await connect(database_url, max_size=8)
    yield pool
    pool.terminate()


@pytest.fixture(scope="module")
async def module_database_url(migrated_postgres: TestCluster) -> AsyncIterator[str]:
    """Like ``database_url``, shared by the tests of one module."""
    url = await migrated_postgres.make_database()
    yield url
    await migrated_postgres.drop_database(url)


@pytest.fixture
def make_database(migrated_postgres: TestCluster) -> Callable[[], Awaitable[str]]:
    """Makes further fresh databases in one test; they go with the cluster."""
    return migrated_postgres.make_database
