"""Tells the webhooks of workspaces what was changed.

Messages are written in the transaction of each change and sent from here, about a second later, one after the other for
each address: a change is told at least once, an address that does not answer is tried again for about a day, and one
workspace's slow address keeps no other waiting.
"""

import asyncio
import logging
from collections import defaultdict
from typing import Any

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput
from postmill.outgoing.client import CannotSend, OutgoingClient
from postmill.tables.workspaces import workspace_webhook
from postmill.tables.workspaces.workspace_webhook import Message

AT_ONCE = 200
LOOK_SECONDS = 1.0
MOST_TRIES = 12
LONGEST_PAUSE_SECONDS = 4 * 3600.0

NOUNS = {
    "scripts": "Script",
    "flows": "Flow",
    "variables": "Variable",
    "resources": "Resource",
    "resource_types": "ResourceType",
    "folder": "Folder",
}
VERBS = {"create": "Create", "archive": "Archive", "delete": "Delete"}
NAMED = ("resource_types", "folder")

_log = logging.getLogger(__name__)


def document(message: Message) -> dict[str, Any]:
    """What an address is told: ``type`` (``CreateScript``, ``UpdateVariable`` ...), workspace, path or name, time."""
    domain, _, action = message.action.partition(".")
    told: dict[str, Any] = {
        "type": VERBS.get(action, "Update") + NOUNS[domain],
        "workspace": message.workspace_id,
        "name" if domain in NAMED else "path": message.resource,
        "timestamp": message.made_at.isoformat(),
    }
    if told["type"] in ("UpdateVariable", "UpdateResource", "UpdateFlow"):
        told["old_path"] = message.parameters.get("from", message.resource)
        told["new_path"] = message.resource
    if "hash" in message.parameters:
        told["hash"] = message.parameters["hash"]
    return told


class Webhooks:
    """Sends what is due."""

    def __init__(self, pool: Pool, keyring: Keyring, client: OutgoingClient) -> None:
        self._pool = pool
        self._keyring = keyring
        self._client = client

    async def send_due(self) -> float:
        """One round; the seconds until the next."""
        by_workspace: dict[str, list[Message]] = defaultdict(list)
        for message in await workspace_webhook.due(self._pool, self._keyring, AT_ONCE):
            by_workspace[message.workspace_id].append(message)
        await asyncio.gather(*(self._send(messages) for messages in by_workspace.values()))
        return LOOK_SECONDS

    async def _send(self, messages: list[Message]) -> None:
        """In order; after a failure the rest waits for the next round."""
        for message in messages:
            try:
                await self._client.post(message.url, document(message))
            except (CannotSend, InvalidInput) as error:
                await self._put_off(message, error)
                return
            await workspace_webhook.sent(self._pool, message.id)

    async def _put_off(self, message: Message, error: Exception) -> None:
        if message.tries + 1 >= MOST_TRIES:
            _log.warning("the webhook of workspace %s was not told of %s: %s",
                         message.workspace_id, message.action, error)  # fmt: skip
            await workspace_webhook.sent(self._pool, message.id)
            return
        pause = min(LONGEST_PAUSE_SECONDS, 5.0 * 4.0**message.tries)
        await workspace_webhook.failed(self._pool, message.id, pause)
