"""PostgreSQL scripts against the cluster of the test process, over a loopback port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from postmill.languages.sql.postgresql.driver import PostgresqlDriver
from postmill.languages.sql.runtime import SqlRuntime
from tests.conftest import TestCluster
from tests.tcp_door import TcpDoor, tcp_door

from .conftest import Bench
from .sql_bench import SqlBench


class PostgresqlBench(SqlBench):
    """``own`` looks at the database beside the scripts, which come through the ``door``."""

    own: Any
    door: TcpDoor


@asynccontextmanager
async def postgresql_bench(bench: Bench, postgres: TestCluster) -> AsyncIterator[PostgresqlBench]:
    url = await postgres.make_database("template1")
    own = await asyncpg.connect(url)
    runtime = SqlRuntime(PostgresqlDriver(), most_connections=3)
    async with tcp_door(url) as (door, database):
        sql = PostgresqlBench(bench, runtime, database)
        sql.own, sql.door = own, door
        yield sql
        await runtime.close()
    await own.close()
    await postgres.drop_database(url)
