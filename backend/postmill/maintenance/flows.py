"""Flows that should have gone on: a worker died between a child's end and its flow's next step."""

from postmill.db.pool import Pool
from postmill.queue.flow_events import poke_overlooked

OFTEN_SECONDS = 5.0
OVERLOOKED_SECONDS = 10.0
AT_ONCE = 200


async def wake_overlooked(pool: Pool) -> float:
    """Has flows claimed whose inbox nobody has looked into for a while."""
    found = await poke_overlooked(pool, OVERLOOKED_SECONDS, AT_ONCE)
    return 0.0 if found == AT_ONCE else OFTEN_SECONDS
