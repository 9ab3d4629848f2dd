"""A flow's run as one list: the jobs of its steps in the order of the document's tree, each with where it stands."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.documents import Documents
from postmill.kernel.errors import PostmillError
from postmill.model import flow as model
from postmill.model.flow import FlowModule, all_modules
from postmill.model.subject import Subject
from postmill.queue.jobs import require_visible, visible_ids
from postmill.tables.flow_runs import flow_run
from postmill.tables.flow_runs.flow_run import JobBelow

MOST_JOBS = 2000

KINDS = {
    model.InlineScript: "rawscript", model.ScriptStep: "script", model.Subflow: "flow", model.ForLoop: "forloopflow",
    model.WhileLoop: "whileloopflow", model.BranchOne: "branchone", model.BranchAll: "branchall",
    model.Identity: "identity", model.AiAgent: "aiagent",
}  # fmt: skip


class TreeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One job. ``step_path`` leads from the outermost flow to it: ``l[2]/b[0]/y``.

    ``sibling_index`` of ``sibling_count``: which turn, branch or attempt of its step it is.
    """

    job_id: UUID
    label: str
    kind: str
    flow_step_id: str | None
    step_path: str | None
    depth: int
    parent_module_type: str | None
    sibling_index: int
    sibling_count: int
    status: str
    started_at: datetime | None
    duration_ms: int | None
    result_prefix: str | None
    result_length: int | None


class JobTree(msgspec.Struct, frozen=True, kw_only=True):
    """``truncated``: there are more jobs than are listed; ``scope_filtered``: some are hidden from the caller."""

    entries: list[TreeEntry]
    truncated: bool
    scope_filtered: bool


async def read_tree(
    pool: Pool, documents: Documents, subject: Subject, workspace: str, job_id: UUID, result_length: int
) -> JobTree:
    """The job and all jobs of steps inside it that the subject may see. Raises NotFound."""
    await require_visible(pool, subject, workspace, job_id)
    rows = await flow_run.jobs_below(pool, job_id, MOST_JOBS + 1, result_length)
    found = rows[:MOST_JOBS]
    seen = await visible_ids(pool, subject, workspace, [row.id for row in found])
    titles = _Titles(documents, workspace)
    children: dict[UUID | None, list[JobBelow]] = {}
    for row in found:
        children.setdefault(row.flow, []).append(row)
    entries: list[TreeEntry] = []

    async def add(row: JobBelow, path: str | None) -> None:
        siblings = [other for other in children.get(row.flow, []) if other.step == row.step]
        module = None if row.flow is None else await titles.module(pool, row.flow, row.step or "")
        here = _path(row, path, module)
        if row.id in seen:
            entries.append(_entry(row, here, siblings, module))
        for child in children.get(row.id, []):
            await add(child, here)

    for top in children.get(None, []):
        await add(top, None)
    return JobTree(entries=entries, truncated=len(rows) > MOST_JOBS, scope_filtered=len(seen) < len(found))


def _path(row: JobBelow, above: str | None, module: FlowModule | None) -> str | None:
    if row.step is None:
        return None
    has_parts = module is not None and isinstance(
        module.value, model.ForLoop | model.WhileLoop | model.BranchAll
    )
    here = f"{row.step}[{row.index}]" if has_parts else row.step
    return here if above is None else f"{above}/{here}"


def _entry(
    row: JobBelow, path: str | None, siblings: Sequence[JobBelow], module: FlowModule | None
) -> TreeEntry:
    place = siblings.index(row)
    name = "flow" if row.step is None else (module.summary if module and module.summary else row.step)
    number = f" ({place + 1} of {len(siblings)})" if len(siblings) > 1 else ""
    return TreeEntry(
        job_id=row.id,
        label=f"{name}{number}",
        kind=row.kind,
        flow_step_id=row.step,
        step_path=path,
        depth=row.depth,
        parent_module_type=None if module is None else KINDS[type(module.value)],
        sibling_index=place,
        sibling_count=len(siblings),
        status=_status(row),
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        result_prefix=row.result_start,
        result_length=row.result_length,
    )


def _status(row: JobBelow) -> str:
    if row.status is not None:
        return row.status
    if row.state == "suspended":
        return "suspended"
    return "running" if row.started_at is not None else "queued"


class _Titles:
    """The steps of the documents that flows ran."""

    def __init__(self, documents: Documents, workspace: str) -> None:
        self._documents = documents
        self._workspace = workspace
        self._known: dict[UUID, dict[str, FlowModule]] = {}

    async def module(self, pool: Pool, flow_job: UUID, step: str) -> FlowModule | None:
        if flow_job not in self._known:
            origin = await flow_run.origin_of(pool, flow_job)
            try:
                flow = (
                    None if origin is None else await self._documents.value(self._workspace, origin.document)
                )
            except PostmillError:
                flow = None
            self._known[flow_job] = {} if flow is None else {m.id: m for m in all_modules(flow)}
        return self._known[flow_job].get(step)
