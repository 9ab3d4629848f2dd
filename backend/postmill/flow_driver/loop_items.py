"""What the loops of a unit go over: lists that are stored in pieces, so that a turn reads only its own."""

from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_logic import commands as c
from postmill.tables.flow_runs import flow_run
from postmill.tables.flow_runs.flow_run import Writes

ITEMS_PER_PIECE = 100
_items = msgspec.json.Decoder(list[msgspec.Raw])


class LoopItems:
    """Knows the pieces that it wrote or read."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._pieces: dict[tuple[UUID, str, int, int], list[msgspec.Raw]] = {}

    def keep(self, flow: FlowInHand, command: c.KeepItems, writes: Writes) -> None:
        """Has the list stored with what else is written."""
        items = _items.decode(command.items)
        for piece, first in enumerate(range(0, len(items), ITEMS_PER_PIECE)):
            part = items[first : first + ITEMS_PER_PIECE]
            self._pieces[flow.id, command.step, command.attempt, piece] = part
            text = msgspec.json.encode(part).decode()
            writes.items.append((flow.id, command.step, command.attempt, piece, text))

    async def item(self, flow: FlowInHand, start: c.Start, index: int) -> str | None:
        """What the turn is about, as JSON text; None in while loops."""
        piece, place = divmod(index, ITEMS_PER_PIECE)
        key = (flow.id, start.step, start.attempt, piece)
        part = self._pieces.get(key)
        if part is None:
            if flow.state.total == 0:
                return None
            text = await flow_run.item_piece(self._pool, *key)
            if text is None:
                return None
            part = self._pieces[key] = _items.decode(text)
        return bytes(part[place]).decode() if place < len(part) else None
