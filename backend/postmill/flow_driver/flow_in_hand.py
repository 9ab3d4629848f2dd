"""One flow while a decision about it is under way."""

from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from postmill.flow_logic.state import State
from postmill.flow_logic.view import View
from postmill.model.flow_run import DocumentRef, Origin
from postmill.queue.debounce import Debounce
from postmill.tables.flow_runs.flow_run import FlowRow, Settled

_decoder = msgspec.json.Decoder(State)
_origins = msgspec.json.Decoder(Origin)
ChildKey = tuple[str, int, int]
"""Step, attempt and index of a child."""


@dataclass
class FlowInHand:
    """``version`` None: its state is not stored yet; ``is_new``: neither is its job.

    ``held`` is the attempt under which this worker has claimed it. ``results`` holds those of children that ended
    lately, as JSON text.
    """

    row: FlowRow
    origin: Origin
    view: View
    state: State
    version: int | None
    is_new: bool = False
    held: int | None = None
    awaited: int | None = None
    patience: float | None = None
    is_changed: bool = False
    results: dict[ChildKey, str] = field(default_factory=dict)
    args: str | None = None  # instead of those of the row, and to be stored
    inherited: str | None = None  # the same, made of the parent's and the row's
    end_result: str | None = None
    answers_early: bool = False  # the step is done whose result is all that callers wait for
    settled: Settled | None = None  # what the arguments say that its preprocessor made; to be stored
    joins: Debounce | None = None  # the same: how it waits for others of its kind

    @property
    def id(self) -> UUID:
        return self.row.id

    def note_deletion(self, deletes: bool | None) -> None:
        """A run in it asks to have its data deleted, when the outermost flow has ended; None: perhaps."""
        if deletes is not False and self.state.deletes is not True:
            self.state = msgspec.structs.replace(self.state, deletes=deletes)
            self.is_changed = True

    @property
    def args_text(self) -> str:
        if self.args is not None:
            return self.args
        return self.inherited if self.inherited is not None else self.row.args

    @property
    def child_key(self) -> ChildKey | None:
        """Which child of its parent it is."""
        row = self.row
        if row.flow_step_id is None or (self.origin.parent is None and row.parent_job is None):
            return None
        return (row.flow_step_id, row.flow_attempt or 0, row.flow_index or 0)


def first_origin(row: FlowRow) -> Origin:
    """That of a flow which was launched, rather than started by another."""
    deployed = row.kind == "flow" and row.script_hash is not None
    document = DocumentRef(version=row.script_hash) if deployed else DocumentRef(job=row.id)
    return Origin(document=document, root=row.id, scope=row.id)


def read_state(row: FlowRow) -> State:
    if row.state is None:
        return State(preprocess=row.preprocess and not row.preprocessed, deletes=False)
    return _decoder.decode(row.state)


def read_origin(row: FlowRow) -> Origin:
    return first_origin(row) if row.origin is None else _origins.decode(row.origin)


def state_text(state: State) -> str:
    return msgspec.json.encode(state).decode()
