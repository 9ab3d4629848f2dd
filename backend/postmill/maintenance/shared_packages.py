"""Prepared packages that machines share through a bucket: what is old goes, and beyond a size the oldest."""

from datetime import UTC, datetime, timedelta

from postmill.objects.contract import ObjectFacts, Objects

PREFIX = "cache/"
AT_ONCE = 1000
EVERY_SECONDS = 6 * 3600.0


async def remove_old_packages(objects: Objects | None, days: int, most_bytes: int) -> float:
    """Whoever needs a removed one prepares and shares it again. 0 days: however old; 0 bytes: however many."""
    if objects is None or (days <= 0 and most_bytes <= 0):
        return EVERY_SECONDS
    oldest = datetime.now(UTC) - timedelta(days=days) if days > 0 else None
    kept: list[ObjectFacts] = []
    gone: list[str] = []
    after = ""
    while page := await objects.under(PREFIX, after, AT_ONCE):
        after = page[-1].key
        for facts in page:
            if oldest is not None and facts.modified_at < oldest:
                gone.append(facts.key)
            else:
                kept.append(facts)
    if most_bytes > 0:
        gone += _beyond(kept, most_bytes)
    for start in range(0, len(gone), AT_ONCE):
        await objects.delete(gone[start : start + AT_ONCE])
    return EVERY_SECONDS


def _beyond(kept: list[ObjectFacts], most_bytes: int) -> list[str]:
    """The oldest, until the others fit."""
    size = sum(facts.size_bytes for facts in kept)
    gone = []
    for facts in sorted(kept, key=lambda facts: facts.modified_at):
        if size <= most_bytes:
            break
        size -= facts.size_bytes
        gone.append(facts.key)
    return gone
