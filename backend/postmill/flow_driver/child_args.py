"""The arguments of a step's job: its inputs evaluated, those of the attempt before, or those of the flow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.contexts import Contexts, with_iter
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.loop_items import LoopItems
from postmill.flow_logic import commands as c
from postmill.flow_logic.events import ExpressionError
from postmill.kernel.errors import PostmillError
from postmill.model.job import NewJob
from postmill.references.step_values import holds_sealed_values
from postmill.tables.flow_runs import flow_run
from postmill.tables.flow_runs.flow_run import Placed

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class MadeArgs:
    """A JSON object as text; ``secrets`` are those that were read, by the inputs that were made of them.

    ``preprocessed``: the preprocessor of the script has seen to them in the attempt before.
    """

    text: str
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    preprocessed: bool = False


NOTHING = MadeArgs("{}")


class Unbuilt(Exception):
    """The arguments of a child cannot be made."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ChildArgs:
    """Part of a unit, whose new jobs it is shown."""

    def __init__(
        self,
        pool: Pool,
        items: LoopItems,
        contexts: Callable[[FlowInHand], Contexts],
        jobs: Mapping[UUID, tuple[NewJob, Placed]],
    ) -> None:
        self._pool = pool
        self._items = items
        self._contexts = contexts
        self._jobs = jobs

    async def make(self, flow: FlowInHand, start: c.Start, index: int) -> MadeArgs:
        """Raises Unbuilt."""
        work = start.work
        assert isinstance(work, c.RunModule)
        if work.args == "transforms" and not work.module.value.input_transforms:  # type: ignore[union-attr]
            return NOTHING
        around = await self._args_around(flow, start, index)
        if work.args == "last_attempt":
            earlier = await flow_run.child_args(self._pool, flow.id, start.step, start.attempt - 1, index)
            if earlier is not None:
                return MadeArgs(earlier.args, preprocessed=earlier.preprocessed)
            known = self._args_of_new(flow, start, index)
            if known is not None:
                return MadeArgs(known)
        if work.args in ("event", "flow_args"):
            return await self._handed_on(flow, around)
        return await self._transformed(flow, start, around)

    def _args_of_new(self, flow: FlowInHand, start: c.Start, index: int) -> str | None:
        """Those of the attempt before, when it is part of this very unit."""
        for job, _ in self._jobs.values():
            key = (job.parent_job, job.flow_step_id, job.flow_attempt, job.flow_index)
            if key == (flow.id, start.step, start.attempt - 1, index):
                return job.args
        return None

    async def _args_around(self, flow: FlowInHand, start: c.Start, index: int) -> str:
        if not start.iterates:
            return flow.args_text
        item = await self._items.item(flow, start, index)
        return with_iter(flow.args_text, index, item)

    async def _handed_on(self, flow: FlowInHand, around: str) -> MadeArgs:
        """The flow's own arguments; what is sealed in them is sealed anew, for the step's identity."""
        if not holds_sealed_values(around):
            return MadeArgs(around)
        contexts = self._contexts(flow)
        made: dict[str, msgspec.Raw] = {}
        secrets: dict[str, Sequence[str]] = {}
        for name, value in _members.decode(around).items():
            try:
                clear, read = await contexts.opened(bytes(value).decode())
            except PostmillError as error:
                raise Unbuilt(f"the argument {name!r} cannot be handed on: {error.message}") from None
            made[name] = msgspec.Raw(clear.encode())
            if read:
                secrets[name] = read
        return MadeArgs(msgspec.json.encode(made).decode(), secrets)

    async def _transformed(self, flow: FlowInHand, start: c.Start, around: str) -> MadeArgs:
        assert isinstance(start.work, c.RunModule)
        contexts = self._contexts(flow)
        made: dict[str, msgspec.Raw] = {}
        secrets: dict[str, Sequence[str]] = {}
        for name, transform in start.work.module.value.input_transforms.items():  # type: ignore[union-attr]
            value = await contexts.evaluate(transform, start.scope, around)
            if isinstance(value, ExpressionError):
                raise Unbuilt(
                    f"Error evaluating input {name!r} of step {start.work.module.id!r}: {value.message}"
                )
            if value is not None:
                made[name] = msgspec.Raw(value.encode())
                if contexts.secrets:
                    secrets[name] = contexts.secrets
        return MadeArgs(msgspec.json.encode(made).decode(), secrets)
