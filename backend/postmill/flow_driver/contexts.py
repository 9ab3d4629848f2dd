"""What expressions of flows can read, fetched when they mention it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from postmill.expressions import paths
from postmill.expressions.evaluator import ExpressionFailed, Lookups
from postmill.expressions.source import mentioned
from postmill.flow_driver.errors_in_results import error_of
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.named_results import InHand, result_in_hand
from postmill.flow_driver.sealed_values import opened
from postmill.flow_driver.surroundings import Read, Surroundings
from postmill.flow_driver.values import NULL, merged, value_text
from postmill.flow_logic.commands import Scope
from postmill.flow_logic.events import ExpressionError
from postmill.flow_logic.values import FlowArgs, Value
from postmill.kernel.errors import PostmillError
from postmill.model.input_transform import Ai, InputTransform, Static
from postmill.queue.rows_in_values import mentions_rows
from postmill.queue.stored_rows import reference_in
from postmill.references.step_values import holds_sealed_values
from postmill.tables.flow_runs import flow_event, flow_run

ANONYMOUS = "anonymous"
_args = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITER = re.compile(r"iter(_parent)*")


class Expressions(Protocol):
    """The part of `expressions.evaluator.Evaluator` that flows need."""

    async def evaluate(self, expression: str, context: Mapping[str, str], lookups: Lookups) -> str: ...


class Contexts:
    """Evaluates input transforms in the place of one flow."""

    def __init__(self, around: Surroundings, evaluator: Expressions, flow: FlowInHand, hand: InHand) -> None:
        """``hand``: what is not stored yet."""
        self._around = around
        self._evaluator = evaluator
        self._flow = flow
        self._hand = hand
        self.secrets: list[str] = []
        """Texts of the secrets that the last evaluation read."""
        self._is_code = False
        self._fetched: dict[str, str] = {}  # results that the present evaluation has read
        self._scope: Scope | None = None

    async def evaluate(
        self, transform: InputTransform, scope: Scope, args: str | None = None
    ) -> str | ExpressionError | None:
        """JSON text, or why there is none; None for what is left to an agent. ``args`` replaces the flow's."""
        self.secrets = []
        self._is_code = False
        self._fetched.clear()
        self._scope = scope
        if isinstance(transform, Static):
            return transform.text
        if isinstance(transform, Ai):
            return None
        expr = transform.expr
        try:
            context = await self._context(expr, scope, args)
            path = paths.read_path(expr)
            if path is not None:
                value = await self._within_rows(path, context)
                if value is None:
                    value = await self._at_path(expr, context)
                if value is not None:
                    return value
            self._is_code = path is None
            opened = {name: await self._for_code(text) for name, text in context.items()}
            return await self._evaluator.evaluate(expr, opened, self)
        except ExpressionFailed as failure:
            return ExpressionError(f"{failure.message} (in the expression {_shown(expr)})")
        except PostmillError as failure:
            return ExpressionError(f"{failure.message} (in the expression {_shown(expr)})")

    async def _context(self, expr: str, scope: Scope, args: str | None) -> dict[str, str]:
        makers = self._makers(scope, args)
        return {name: await makers[name]() for name in mentioned(expr, makers)}

    async def _at_path(self, expr: str, context: Mapping[str, str]) -> str | None:
        """What lies at a path: only secrets that are in it count as read. None where it leads into a sealed value."""
        value = await self._evaluator.evaluate(expr, context, self)
        self.secrets = [secret for secret in self.secrets if _quoted(secret)[1:-1] in value]
        if value == NULL and any(holds_sealed_values(text) for text in context.values()):
            return None
        return await self._opened(value)

    async def _within_rows(self, path: paths.Path, context: Mapping[str, str]) -> str | None:
        """What lies at a path that leads into stored rows; None for any other path, and for all rows."""
        text, steps = context.get(path.head), path.steps
        if path.head == "results" and steps and text is None:
            text, steps = await self.result(str(steps[0])), steps[1:]
        if text is None or not mentions_rows(text):
            return None
        is_within = False
        for step in steps:
            rows = reference_in(text)
            if rows is not None and step == "length":
                text, is_within = str(rows.rows), True
                continue
            if rows is not None:
                text, is_within = await self._around.with_rows(self._flow.row, text), True
            text = paths.find_in_result(text, (step,))
        return text if is_within else None

    async def _for_code(self, text: str) -> str:
        """What JavaScript sees: sealed values open, rows in place of references to them."""
        return await self._around.with_rows(self._flow.row, await self._opened(text))

    async def _opened(self, text: str) -> str:
        if not holds_sealed_values(text):
            return text
        clear, secrets = await opened(self._around, self._flow, text)
        self.secrets.extend(secrets)
        return clear

    async def opened(self, text: str) -> tuple[str, list[str]]:
        """JSON text with its sealed values opened, and the secrets in them. Raises InvalidInput."""
        return await opened(self._around, self._flow, text)

    def _read(self, found: Read) -> str:
        self.secrets.extend(found.secrets)
        return found.text

    async def _flow_env(self) -> str:
        return self._read(await self._around.flow_env(self._flow.row, self._flow.origin))

    def _makers(self, scope: Scope, args: str | None) -> dict[str, Callable[[], Awaitable[str]]]:
        flow, pool = self._flow, self._around.pool

        async def written(text: str) -> str:
            return text

        makers: dict[str, Callable[[], Awaitable[str]]] = {
            "flow_input": lambda: written(flow.args_text if args is None else args),
            "flow_env": self._flow_env,
            "previous_result": lambda: self._text(scope.previous, args),
            "error": lambda: self._error(scope, args),
            "params": lambda: written("{}"),
            "flow_job_id": lambda: written(_quoted(str(flow.id))),
            "started_at": lambda: written(_quoted(flow.row.started_at.isoformat())),
            "WM_SCHEDULED_FOR": lambda: written(_quoted(flow.row.scheduled_for.isoformat())),
            "resume": lambda: self._resume(scope),
            "resumes": lambda: self._resumes(scope),
            "approvers": lambda: self._approvers(scope),
        }
        result, all_iters = scope.result, scope.all_iters
        if scope.result_text is not None:
            text = scope.result_text
            makers["result"] = lambda: written(text)
        elif result is not None:
            makers["result"] = lambda: value_text(pool, flow, result)
        if all_iters is not None:
            makers["all_iters"] = lambda: value_text(pool, flow, all_iters)
        return makers

    async def _text(self, value: Value, args: str | None) -> str:
        """``args``: those of the turn of a loop, instead of the flow's."""
        if args is not None and isinstance(value, FlowArgs):
            return args
        return await value_text(self._around.pool, self._flow, value)

    async def _error(self, scope: Scope, args: str | None) -> str:
        return error_of(await self._text(scope.previous, args))

    # -- answers --

    async def _answers(self, scope: Scope) -> list[tuple[str, str]]:
        """Payload and name of everybody who answered, refusals too, oldest first."""
        if scope.answered is None:
            return []
        pool = self._around.pool
        flows = [self._flow.id, self._flow.origin.root]
        events = await flow_event.events_of(pool, self._flow.id, scope.answered, flows)
        return [(e.payload, e.approver or ANONYMOUS) for e in events]

    async def _payloads(self, scope: Scope) -> list[str]:
        payloads = [payload for payload, _ in await self._answers(scope)]
        return payloads if scope.refusal is None else [*payloads, scope.refusal]

    async def _resume(self, scope: Scope) -> str:
        payloads = await self._payloads(scope)
        return payloads[-1] if payloads else NULL

    async def _resumes(self, scope: Scope) -> str:
        return f"[{','.join(await self._payloads(scope))}]"

    async def _approvers(self, scope: Scope) -> str:
        return msgspec.json.encode([who for _, who in await self._answers(scope)]).decode()

    # -- what expressions ask for: expressions.evaluator.Lookups --

    async def result(self, step_id: str) -> str:
        text = self._fetched.get(step_id)
        if text is None:
            text = self._fetched[step_id] = await self._result(step_id)
        return await (self._for_code(text) if self._is_code else self._opened(text))

    async def _result(self, step_id: str) -> str:
        scope = self._scope
        if scope is not None and scope.done == step_id:
            just_done = scope.result if scope.all_iters is None else scope.all_iters
            if just_done is not None:
                return await value_text(self._around.pool, self._flow, just_done)
        return await result_in_hand(self._around.pool, self._flow, step_id, self._hand)

    async def variable(self, path: str) -> str:
        return self._read(await self._around.variable(self._flow.row, path))

    async def resource(self, path: str) -> str:
        return self._read(await self._around.resource(self._flow.row, path))

    async def user_state(self, key: str) -> str:
        found = await flow_run.user_state(self._around.pool, self._flow.origin.root, key)
        return NULL if found is None else found


def with_iter(args: str, index: int, item: str | None) -> str:
    """Arguments of a flow as its loop's turn sees them: ``iter`` is added, one from outside becomes ``iter_parent``."""
    return merged(args, iters_of(args, index, item))


def iters_of(args: str, index: int, item: str | None) -> str:
    """Only the members that differ from the flow's arguments."""
    shifted = {
        f"{name}_parent": value
        for name, value in _args.decode(args).items()
        if _ITER.fullmatch(name) is not None
    }
    current = str(index) if item is None else item
    shifted["iter"] = msgspec.Raw(f'{{"index":{index},"value":{current}}}'.encode())
    return msgspec.json.encode(shifted).decode()


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _shown(expr: str) -> str:
    return repr(expr if len(expr) <= 200 else f"{expr[:200]}...")
