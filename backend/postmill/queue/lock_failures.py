"""A lock job that ends without a word about its version, canceled or lost: the version says why it has no lock."""

from uuid import UUID

from postmill.db.pool import Session
from postmill.kernel import json
from postmill.tables.items import flow as flows
from postmill.tables.items import script as scripts

_PREFIX = "execution error:\n"


async def note_lock_failure(connection: Session, job_id: UUID, result: str) -> None:
    """In the transaction that ends the job with this result ``{"error": {"message", ...}}``.

    Does nothing for other jobs, for versions that have a lock, and for those whose lock a newer job looks for.
    """
    because = json.decode(result)["error"]["message"].removeprefix(_PREFIX)
    message = f"The dependencies were not resolved: {because}".replace("\0", "\ufffd")
    for versions in (scripts, flows):
        found = await versions.set_lock_error_of_job(connection, job_id, message)
        if found is not None:
            await versions.notify_changed(connection, *found)
