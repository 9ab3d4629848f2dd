"""A worker's dialogue with the queue: what ended goes in, what is to run next comes out, in one statement."""

from collections.abc import Mapping, Sequence

from postmill.db.line import Line
from postmill.kernel.crash_points import crash_point
from postmill.model.job import Ended
from postmill.queue.conflicts import again_after_conflict
from postmill.tables.jobs.exchange import Exchange, Place, complete_and_claim

# The statement is planned once and must go by the indexes even where the statistics are those of an empty queue.
PLANS = """
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off
"""


class QueueLine:
    """One connection of a worker to the queue. Not shared by tasks."""

    def __init__(self, database_url: str, worker: str) -> None:
        self._line = Line(database_url, "postmill queue", PLANS)
        self._worker = worker

    async def exchange(
        self,
        ended: Sequence[Ended],
        *,
        tags: Sequence[str],
        limit: int,
        served: Mapping[str, int],
        behind: Sequence[Place] = (),
    ) -> Exchange:
        """Records what ended and claims up to ``limit`` jobs. Raises as the database does; conflicts are retried."""
        connection = await self._line.open()

        async def attempt() -> Exchange:
            return await complete_and_claim(
                connection, ended, tags=tags, limit=limit, worker=self._worker, served=served, behind=behind
            )

        crash_point("queue.exchange.before_commit")
        answer = await again_after_conflict(attempt)
        crash_point("queue.exchange.after_commit")
        return answer

    async def close(self) -> None:
        await self._line.close()

    def drop(self) -> None:
        """Forgets a connection that failed, so that the next use opens another."""
        self._line.drop()
