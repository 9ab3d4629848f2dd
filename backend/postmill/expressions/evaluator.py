"""Evaluates the expressions of flows: without JavaScript where a look into the values will do, else in the sandbox."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from postmill.expressions import paths, source
from postmill.expressions.process import ENGINE, PROGRAM, EvaluatorProcess, read_needs
from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.sandbox.levels import Isolation
from postmill.sandbox.memory import Watcher
from postmill.sandbox.zygote import Zygote, ZygoteSpec

SECONDS = 2.0
MEMORY_BYTES = 128 << 20
PROCESSES = 2
SHORTEST_SECRET = 3
MOST_LOOKUPS = 200
"""How many results, variables and resources one expression may ask for."""


class ExpressionFailed(Exception):
    """An expression has no value; the message says why, in the words of JavaScript where they help."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Lookups(Protocol):
    """What expressions may ask for. Every method returns JSON text, and is called only for what is read.

    ``result`` of an unknown step is ``null``. A PostmillError of the others becomes an exception that the
    expression can catch; any other exception ends the evaluation and comes out of it.
    """

    async def result(self, step_id: str) -> str: ...

    async def variable(self, path: str) -> str: ...

    async def resource(self, path: str) -> str: ...

    async def user_state(self, key: str) -> str: ...


class Evaluator:
    """One per process of ours. ``evaluate`` may be called any number of times at once."""

    def __init__(self, zygote: Zygote, seconds: float, memory_bytes: int) -> None:
        self._zygote = zygote
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._lines = [EvaluatorProcess(zygote, seconds) for _ in range(PROCESSES)]

    @classmethod
    async def start(
        cls, folder: Path, isolation: Isolation, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES
    ) -> "Evaluator":
        """Starts the process that evaluators are forked from; ``folder`` exists and holds its working files.

        Raises ZygoteFailed.
        """
        spec = ZygoteSpec(
            spares=folder, isolated=isolation.level == "sandbox", readable=(ENGINE,), python_path=(ENGINE.parent,),
            preimports=("_quickjs",), program=PROGRAM, network=not isolation.network_namespaces, processes=8,
        )  # fmt: skip
        return cls(await Zygote.start(spec, Watcher()), seconds, memory_bytes)

    @property
    def alive(self) -> bool:
        """False for good once the process that evaluators are forked from has ended, whoever ended it."""
        return self._zygote.alive

    async def evaluate(self, expression: str, context: Mapping[str, str], lookups: Lookups) -> str:
        """The value as JSON text.

        ``context`` holds a JSON text per identifier; only those are read that the expression mentions. Raises
        ExpressionFailed, and Unavailable where no process can be started.
        """
        direct = await self._without_javascript(expression, context, lookups)
        if direct is not None:
            return direct
        return await self._with_javascript(expression, context, lookups, truth=False)

    async def test(self, expression: str, context: Mapping[str, str], lookups: Lookups) -> bool:
        """What ``Boolean`` says of the value: for conditions. Raises ExpressionFailed."""
        direct = await self._without_javascript(expression, context, lookups)
        if direct is not None:
            return paths.is_true(direct)
        return await self._with_javascript(expression, context, lookups, truth=True) == "true"

    async def _without_javascript(
        self, expression: str, context: Mapping[str, str], lookups: Lookups
    ) -> str | None:
        """The value of an expression that is nothing but a path to something that exists; else None."""
        read = _read(expression)
        if read.result is not None:
            step, steps = read.result
            return paths.find_in_result(await lookups.result(step), steps)
        return None if read.path is None else paths.find_in_context(read.path, context)

    async def _with_javascript(
        self, expression: str, context: Mapping[str, str], lookups: Lookups, *, truth: bool
    ) -> str:
        read = _read(expression)
        known: dict[tuple[str, str], tuple[str, str]] = {}
        for name in context:
            if name in read.words:
                known["global", name] = ("global", context[name])
        wanted = [("result", name) for name in read.results] if "results" not in context else []
        while True:
            known.update(await _look_up(wanted, lookups))
            if len(known) > MOST_LOOKUPS:
                raise ExpressionFailed(f"it reads more than {MOST_LOOKUPS} results, variables and resources")
            header = {
                "seconds": self._seconds, "memory_bytes": self._memory_bytes, "truth": truth,
                "names": [[kind, name] for (_, name), (kind, _) in known.items()],
            }  # fmt: skip
            texts = [text.encode("utf-8", "replace") for _, text in known.values()]
            line = min(self._lines, key=lambda line: line.load)
            letter, content = await line.ask(header, read.body, texts)
            if letter == b"R":
                return content.decode()
            if letter == b"X":
                reason = masked(content.decode("utf-8", "replace"), known)
                raise ExpressionFailed(self._explain(reason))
            wanted = read_needs(content)

    def _explain(self, reason: str) -> str:
        if reason == "InternalError: interrupted":
            return f"it takes longer than the {self._seconds:g} s that an expression may take"
        if reason == "InternalError: out of memory":
            megabytes = self._memory_bytes >> 20
            return f"it needs more than the {megabytes} MB of memory that an expression may use"
        return reason

    async def bury(self) -> None:
        """Tidies up after one that is not alive; who still waits for an answer of it is told so by Unavailable."""
        await self._zygote.close()

    async def close(self) -> None:
        for line in self._lines:
            await line.close()
        await self._zygote.close()


class _Read:
    """What the text of an expression says; kept for the next time."""

    def __init__(self, expression: str) -> None:
        self.path = paths.read_path(expression)
        self.result = paths.result_lookup(expression)
        self.words = frozenset(source.words(expression))
        self.results = tuple(source.named_results(expression))
        self.body = source.function_body(expression)


_read = lru_cache(maxsize=2048)(_Read)


def masked(reason: str, known: Mapping[tuple[str, str], tuple[str, str]]) -> str:
    """Why an expression failed, without the values of variables and resources that it read."""
    for kind, text in known.values():
        if kind in ("variable", "resource"):
            for secret in sorted(_texts_in(json.decode(text)), key=len, reverse=True):
                reason = reason.replace(secret, "*****")
    return reason


def _texts_in(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value} if len(value) >= SHORTEST_SECRET else set()
    if isinstance(value, dict):
        value = list(value.values())
    return {text for item in value for text in _texts_in(item)} if isinstance(value, list) else set()


async def _look_up(wanted: list[tuple[str, str]], lookups: Lookups) -> dict[tuple[str, str], tuple[str, str]]:
    """Fetches all of it at once. A refusal is an answer too: the expression may catch it."""
    ask: dict[str, Callable[[str], Awaitable[str]]] = {
        "result": lookups.result, "variable": lookups.variable, "resource": lookups.resource,
        "user_state": lookups.user_state,
    }  # fmt: skip

    async def one(kind: str, name: str) -> tuple[tuple[str, str], tuple[str, str]]:
        try:
            return (kind, name), (kind, await ask[kind](name))
        except PostmillError as error:
            return (kind, name), (f"refused {kind}", error.message)

    return dict(await asyncio.gather(*(one(kind, name) for kind, name in wanted)))
