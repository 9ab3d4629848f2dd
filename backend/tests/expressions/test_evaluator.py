"""The evaluator with its real sandboxed processes."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from postmill.expressions.evaluator import Evaluator, ExpressionFailed
from postmill.expressions.on_demand import Expressions
from postmill.kernel.errors import NotFound
from postmill.sandbox.levels import probe
from postmill.sandbox.memory import descendants


@dataclass
class Known:
    """Look-ups out of dictionaries, with a list of what was asked for."""

    results: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def result(self, step_id: str) -> str:
        self.asked.append(f"result {step_id}")
        return json.dumps(self.results.get(step_id))

    async def variable(self, path: str) -> str:
        self.asked.append(f"variable {path}")
        if path not in self.variables:
            raise NotFound(f"Not found: variable {path}")
        return json.dumps(self.variables[path])

    async def resource(self, path: str) -> str:
        self.asked.append(f"resource {path}")
        return json.dumps({"host": "h", "path": path})

    async def user_state(self, key: str) -> str:
        self.asked.append(f"state {key}")
        return json.dumps({"key": key})


async def started(tmp_path_factory: pytest.TempPathFactory, seconds: float) -> Evaluator:
    folder = tmp_path_factory.mktemp("expressions")
    return await Evaluator.start(folder, await probe(folder), seconds=seconds, memory_bytes=32 << 20)


@pytest.fixture(scope="module")
async def evaluator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Evaluator]:
    """One with patience for a slow machine."""
    patient = await started(tmp_path_factory, 60.0)
    yield patient
    await patient.close()


@pytest.fixture(scope="module")
async def impatient(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Evaluator]:
    """One that ends what never ends by itself, after a second."""
    impatient = await started(tmp_path_factory, 1.0)
    yield impatient
    await impatient.close()


CONTEXT = {
    "flow_input": '{"x": 2, "list": [1, 2, 3], "name": "n"}',
    "previous_result": '{"items": [1, 2]}',
    "result": "9007199254740993",
    "error": '{"message": "m"}',
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 1", 2),
        ("flow_input.x", 2),
        ("flow_input.not_there", None),
        ("flow_input.list.length", 3),
        ("typeof result + result % 2", "number0"),
        ("flow_input.list.map(x => x * flow_input.x)", [2, 4, 6]),
        ("result", 9007199254740993),
        ("{a: 1, ...flow_input}", {"a": 1, "x": 2, "list": [1, 2, 3], "name": "n"}),
        ("const {x, ...rest} = flow_input;\nreturn rest;", {"list": [1, 2, 3], "name": "n"}),
        ("const result = 5; return result;", 5),
        ("flow_input.x;", None),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("[undefined, new Set([1]), new Map([[1, 2]])]", [None, {}, {}]),
        ("undefined", None),
        ("NaN", None),
        ("() => 1", None),
        ("Promise.resolve(7)", 7),
        ("return await Promise.resolve(7)", 7),
        ("`${error.message}!`", "m!"),
        ("results.a.b", 5),
        ("results.a.b + results.c", 47),
        ("results.nope", None),
        ("results.a.nope.deeper", None),
        ("['a', 'c'].map(id => results[id])", [{"b": 5}, 42]),
        ("const all = results; return all.a.b + all['c'];", 47),
        ("const {a, c} = results; return [a.b, c];", [5, 42]),
        ("'a' in results && !('zzz' in results)", True),
        ("variable('u/a/v') + '/' + resource('u/a/r').host", "secret/h"),
        ("(await variable('u/a/v')).length", 6),
        ("['u/a/v'].map(variable)", ["secret"]),
        ("flow_user_state('k').key", "k"),
        ("try { return variable('u/a/none') } catch (e) { return e.message }", "Not found: variable u/a/none"),
        ("Object.groupBy([1, 2, 3], x => x % 2 ? 'odd' : 'even')", {"odd": [1, 3], "even": [2]}),
        ("typeof require + typeof process + typeof fetch + typeof std", "undefined" * 4),
        ("this.constructor === Object || this === undefined || typeof this", True),
    ],
)  # fmt: skip
async def test_values(evaluator: Evaluator, expression: str, value: object) -> None:
    lookups = Known({"a": {"b": 5}, "c": 42}, {"u/a/v": "secret"})
    assert json.loads(await evaluator.evaluate(expression, CONTEXT, lookups)) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("flow_input.x == 2", True),
        ("[]", True),
        ("flow_input.list", True),
        ("flow_input.not_there", False),
        ("results.zero", False),
        ("const x = 0; return x;", False),
        ("new Map()", True),
        ("x => 1", True),
    ],
)
async def test_conditions(evaluator: Evaluator, expression: str, value: bool) -> None:
    assert await evaluator.test(expression, CONTEXT, Known({"zero": 0})) is value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("nope.nope", "ReferenceError: nope is not defined"),
        ("flow_input.x.y.z", "TypeError: cannot read property 'z' of undefined"),
        ("invalid!!!syntax", "SyntaxError"),
        ("}); (function () {", "Error"),
        ("10n", "TypeError"),
        ("const a = {}; a.a = a; return a;", "circular"),
        ("throw new Error('mine');", "Error: mine"),
        ("throw {code: 5};", '{"code":5}'),
        ("throw 'text';", "text"),
        ("variable('u/a/none')", "Not found: variable u/a/none"),
        ("new Promise(() => {})", "a promise that nothing fulfils"),
        ("Array.from({length: 300}, (_, i) => results['s' + i])", "more than 200 results"),
        # Bombs: each ends at a limit, with a sentence.
        ("(function f() { return f() + 1 })()", "Maximum call stack size exceeded"),
        ("while (true) {}", "longer than the 1 s"),
        ("while (true) await null;", "longer than the 1 s"),
        ("/(a+)+$/.test('a'.repeat(60) + 'b')", "longer than the 1 s"),
        ("let a = [1]; while (true) a = a.concat(a);", "it"),
        ("'x'.repeat(1 << 28)", "more than the 32 MB"),
        ("let t = 'xx'; while (true) t = t.replaceAll('x', t);", "the"),
        ("const a = () => Promise.resolve().then(a); return a();", "than the"),  # memory or time, whichever ends first
    ],
)  # fmt: skip
async def test_failures(impatient: Evaluator, expression: str, reason: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        await impatient.evaluate(expression, CONTEXT, Known())
    assert reason in failed.value.message
    assert await impatient.evaluate("[1].length", {}, Known()) == "1"


async def test_a_failure_does_not_tell_what_a_variable_holds(evaluator: Evaluator) -> None:
    for text in (
        "throw new Error(variable('u/a/v'));",
        "variable('u/a/v').no.way()",
        "throw resource('u/a/r');",
    ):
        with pytest.raises(ExpressionFailed) as failed:
            await evaluator.evaluate(text, {}, Known(variables={"u/a/v": "hunter2"}))
        assert "hunter2" not in failed.value.message
        assert "u/a/r" not in failed.value.message


async def test_only_what_is_read_is_fetched(evaluator: Evaluator) -> None:
    class Explosive(Mapping[str, str]):
        def __getitem__(self, key: str) -> str:
            assert key != "previous_result", "it is not mentioned"
            return {"flow_input": "{}"}[key]

        def __iter__(self) -> Iterator[str]:
            return iter(("flow_input", "previous_result"))

        def __len__(self) -> int:
            return 2

    lookups = Known({"a": 1, "b": 2})
    text = "flow_input.x ? results[flow_input.x] : [results.a, 'variable']"
    assert await evaluator.evaluate(text, Explosive(), lookups) == '[1,"variable"]'
    assert lookups.asked == ["result a"]


async def test_branches_not_taken_read_no_variable(evaluator: Evaluator) -> None:
    lookups = Known()
    assert await evaluator.evaluate("flow_input.x > 5 ? variable('u/a/v') : 0", CONTEXT, lookups) == "0"
    assert lookups.asked == []


async def test_evaluations_share_nothing(evaluator: Evaluator) -> None:
    await evaluator.evaluate("globalThis.leak = 5; Array.prototype.map = null; return 1;", {}, Known())
    assert await evaluator.evaluate("[typeof leak, [1].map(x => x)[0]]", {}, Known()) == '["undefined",1]'


async def test_neighbours_of_a_bomb_are_answered(impatient: Evaluator) -> None:
    bombs = [impatient.evaluate("while (true) {}", {}, Known()) for _ in range(2)]
    others = [impatient.evaluate(f"[{n}].concat({n})", {}, Known()) for n in range(100)]
    answers = await asyncio.gather(*bombs, *others, return_exceptions=True)
    assert [isinstance(answer, ExpressionFailed) for answer in answers[:2]] == [True, True]
    assert answers[2:] == [f"[{n},{n}]" for n in range(100)]


async def test_a_process_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    evaluator = await Evaluator.start(tmp_path, await probe(tmp_path), seconds=60.0)
    try:
        await _kill_and_wait(evaluator)
    finally:
        await evaluator.close()


async def _kill_and_wait(evaluator: Evaluator) -> None:
    await evaluator.evaluate("[1].length", {}, Known())
    slow = asyncio.ensure_future(evaluator.evaluate("let n = 0; while (n < 2e6) n++; return n;", {}, Known()))
    await asyncio.sleep(0)
    for pid in descendants(_zygote_of(evaluator)):
        if not descendants(pid):
            os.kill(pid, 9)
    assert await slow == "2000000"


def _zygote_of(evaluator: Evaluator) -> int:
    """Its process: this process may have other evaluators, which are none of a test's business."""
    process = evaluator._zygote._process
    assert process is not None
    return process.pid


async def test_a_killed_zygote_is_replaced_and_asked_again(tmp_path: Path) -> None:
    expressions = Expressions(tmp_path, await probe(tmp_path))
    try:
        assert await expressions.evaluate("[1].length", {}, Known()) == "1"
        first = expressions._evaluator
        assert first is not None
        slow = "let n = 0; while (n < 2e6) n++; return n;"
        under_way = [asyncio.ensure_future(expressions.evaluate(slow, {}, Known())) for _ in range(4)]
        await asyncio.sleep(0)
        os.kill(_zygote_of(first), 9)
        assert await asyncio.gather(*under_way) == ["2000000"] * 4
        assert not first.alive
        assert await expressions.evaluate("[1, 2].length", {}, Known()) == "2"
    finally:
        await expressions.close()


def _stand_still_until_gone(pids: list[int]) -> None:
    """Nobody here hears of it meanwhile."""
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}/exe").exists() for pid in pids):  # a zombie has none
        assert time.monotonic() < deadline


async def test_that_a_zygote_is_gone_is_known_to_whoever_asks_it_for_a_process(tmp_path: Path) -> None:
    evaluator = await Evaluator.start(tmp_path, await probe(tmp_path))
    try:
        family = [_zygote_of(evaluator), *descendants(_zygote_of(evaluator))]
        os.kill(family[0], 9)
        _stand_still_until_gone(family)
        assert evaluator.alive
        await evaluator._lines[0]._start()
        assert not evaluator.alive
    finally:
        await evaluator.bury()


async def test_an_impossible_value_is_no_crash(evaluator: Evaluator) -> None:
    deep = "[" * 50_000 + "]" * 50_000
    with pytest.raises(ExpressionFailed):
        await evaluator.evaluate("flow_input.length + 1", {"flow_input": deep}, Known())
    assert await evaluator.evaluate("'\\ud800' + flow_input", {"flow_input": '"\\ud801"'}, Known())


async def test_another_failure_of_a_lookup_comes_out(evaluator: Evaluator) -> None:
    class Broken(Known):
        async def variable(self, path: str) -> str:
            raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError):
        await evaluator.evaluate("variable('u/a/v')", {}, Broken())
