"""Flows as this worker knows them since their last commit."""

from collections import OrderedDict
from uuid import UUID

from postmill.flow_driver.flow_in_hand import FlowInHand

MOST_KNOWN = 2000


class KnownFlows:
    """The ones that were driven last. What is known may be older than what is stored: commits compare versions."""

    def __init__(self) -> None:
        self._flows: OrderedDict[UUID, FlowInHand] = OrderedDict()

    def find(self, flow_id: UUID) -> FlowInHand | None:
        return self._flows.get(flow_id)

    def copy_of(self, flow_id: UUID) -> FlowInHand | None:
        """What a unit may change, for its commit may fail."""
        flow = self._flows.get(flow_id)
        if flow is None:
            return None
        return FlowInHand(
            row=flow.row,
            origin=flow.origin,
            view=flow.view,
            state=flow.state,
            version=flow.version,
            results=dict(flow.results),
            args=flow.args,
            inherited=flow.inherited,
        )

    def keep(self, flow: FlowInHand) -> None:
        self._flows[flow.id] = flow
        self._flows.move_to_end(flow.id)
        if len(self._flows) > MOST_KNOWN:
            self._flows.popitem(last=False)

    def forget(self, flow_id: UUID) -> None:
        self._flows.pop(flow_id, None)

    def forget_all(self) -> None:
        self._flows.clear()
