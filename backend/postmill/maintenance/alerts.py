"""Looks for what people have to see: each is told once, in the list of alerts and in the log."""

import logging

from postmill.db.pool import Pool
from postmill.queue import alerts

LOOK_SECONDS = 30.0

_log = logging.getLogger(__name__)


async def look_for_alerts(pool: Pool) -> float:
    for message in await alerts.look(pool):
        _log.warning("alert: %s", message)
    return LOOK_SECONDS
