"""What a job used while it ran."""

from datetime import datetime
from typing import NamedTuple


class UsagePoint(NamedTuple):
    """One point: the most memory held since the point before it, and the processor time used so far."""

    at: datetime
    memory_kb: int
    cpu_ms: int
