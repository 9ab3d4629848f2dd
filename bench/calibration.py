"""What this machine gives at this moment: the yardsticks that every figure is divided by."""

import os
import statistics
import time
from typing import Any


def fork_ms(count: int = 300) -> float:
    """Median milliseconds of fork, exit and wait of this small process."""
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


async def commit_ms(connection: Any, count: int = 300) -> float:
    """Median milliseconds of one durable UPDATE of one row."""
    await connection.execute("create table if not exists bench_commit (id int primary key, n int not null)")
    await connection.execute("insert into bench_commit values (1, 0) on conflict do nothing")
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        await connection.execute("update bench_commit set n = n + 1 where id = 1")
        taken.append((time.perf_counter() - started) * 1000)
    await connection.execute("drop table bench_commit")
    return statistics.median(taken)
