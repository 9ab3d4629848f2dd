"""The flows that runs are made of, read once and kept."""

from collections import OrderedDict
from typing import TypeVar
from uuid import UUID

from postmill.db.pool import Pool
from postmill.flow_logic.view import View, view_of
from postmill.kernel.errors import NotFound
from postmill.launch.flow_versions import FlowVersions
from postmill.model.flow import FlowValue
from postmill.model.flow_reading import parse_flow
from postmill.model.flow_run import DocumentRef
from postmill.tables.flow_runs import flow_run

K = TypeVar("K")
V = TypeVar("V")
MOST = 500


class Documents:
    """Flow documents by where they lie, and the views of their lists of steps."""

    def __init__(self, pool: Pool, versions: FlowVersions) -> None:
        self._pool = pool
        self._versions = versions
        self._sent: OrderedDict[UUID, FlowValue] = OrderedDict()
        self._views: OrderedDict[tuple[int, str], View] = OrderedDict()

    async def value(self, workspace: str, document: DocumentRef) -> FlowValue:
        """Raises NotFound when the flow was deleted, InvalidInput when this release cannot read it."""
        if document.version is not None:
            loaded = await self._versions.by_version(workspace, document.version)
            if loaded is None:
                raise NotFound(f"Not found: version {document.version} of the flow does not exist any more")
            return loaded.value
        assert document.job is not None
        return await self._sent_with(document.job)

    async def text(self, workspace: str, document: DocumentRef) -> str:
        """The JSON text of a flow. Raises NotFound."""
        if document.version is not None:
            loaded = await self._versions.by_version(workspace, document.version)
            text = None if loaded is None else loaded.document.value
        else:
            assert document.job is not None
            text = await flow_run.document(self._pool, document.job)
        if text is None:
            raise NotFound("Not found: the flow does not exist any more")
        return text

    async def view(self, workspace: str, document: DocumentRef, place: str) -> View:
        """The list of steps at a place. Raises as ``value``."""
        flow = await self.value(workspace, document)
        key = (id(flow), place)
        known = self._views.get(key)
        if known is not None and known.flow is flow:
            return known
        try:
            view = view_of(flow, place)
        except (KeyError, IndexError):
            raise NotFound("Not found: the flow was changed and does not have these steps any more") from None
        _keep(self._views, key, view)
        return view

    def learn(self, job_id: UUID, text: str) -> FlowValue:
        """The flow that a job is sent with. Raises InvalidInput."""
        flow = parse_flow(text, seed=str(job_id))
        _keep(self._sent, job_id, flow)
        return flow

    async def _sent_with(self, job_id: UUID) -> FlowValue:
        known = self._sent.get(job_id)
        if known is not None:
            return known
        text = await flow_run.document(self._pool, job_id)
        if text is None:
            raise NotFound(
                f"Not found: the job {job_id} that this flow was sent with does not exist any more"
            )
        return self.learn(job_id, text)


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > MOST:
        kept.popitem(last=False)
