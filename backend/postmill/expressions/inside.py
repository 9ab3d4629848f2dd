"""The inner side: evaluates one expression after the other in a sandboxed process, each in a context of its own.

Expressions see values, never functions of ours that reach outside. What they turn out to need (a result, a
variable) is noted, and the expression is evaluated again once the outer side has sent it: so every access
is a plain value, in callbacks and behind other names too, and this process waits for nobody.
"""

import json
import time
from typing import Any, Protocol

from postmill.expressions import wire

_CORE = r"""
(() => {
  const stringify = JSON.stringify;
  let outcome = null;
  const explain = error => {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    const text = typeof error === "object" ? stringify(error) : undefined;
    return text === undefined ? String(error) : text;
  };
  const settle = (body, truth) => body().then(
    value => {
      if (truth) return ["value", value ? "true" : "false"];
      const text = stringify(value);
      return ["value", text === undefined ? "null" : text];
    },
  ).catch(error => ["error", explain(error)]).then(found => { outcome = found; });
  const tools = {
    global: (name, value) => { globalThis[name] = value; },
    parse: (text, tool, ...names) => { tools[tool](...names, JSON.parse(text)); },
    extend: extension => { extension(tools); },
    start: (body, truth) => { settle(body, truth); },
    outcome: () => outcome === null ? undefined : outcome[0],
    text: () => outcome[1],
    missing: () => undefined,
  };
  return (tool, ...given) => tools[tool](...given);
})()
"""

# Only for expressions that mention one of these names: most do not, and it takes a third of their time.
_LOOKUPS = r"""
(tools => {
  const known = {result: new Map(), variable: new Map(), resource: new Map(), user_state: new Map()};
  const missing = [];
  const look = (kind, name) => {
    name = String(name);
    if (!known[kind].has(name)) {
      missing.push([kind, name]);
      throw new Error(`${kind} ${name} is not known yet`);
    }
    const found = known[kind].get(name);
    if (found.error !== undefined) throw new Error(found.error);
    return found.value;
  };
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, {value, writable: true, configurable: true, enumerable: false});
  define("variable", path => look("variable", path));
  define("resource", path => look("resource", path));
  define("flow_user_state", key => look("user_state", key));
  define("results", new Proxy({}, {
    get: (_, name) => {
      if (typeof name === "symbol") return undefined;
      if ((name === "then" || name === "toJSON") && !known.result.has(name)) return undefined;
      return look("result", name);
    },
    has: (_, name) => typeof name === "string" && look("result", name) !== null,
    ownKeys: () => [...known.result.keys()],
    getOwnPropertyDescriptor: (_, name) =>
      known.result.has(name) ? {value: look("result", name), enumerable: true, configurable: true} : undefined,
  }));
  const stringify = JSON.stringify;
  tools.know = (kind, name, value) => { known[kind].set(name, {value}); };
  tools.refuse = (kind, name, error) => { known[kind].set(name, {error}); };
  tools.missing = () => missing.length === 0 ? undefined : stringify(missing);
})
"""
_LOOKED_UP = ("results", "variable", "resource", "flow_user_state")


class Reply(Protocol):
    """Where answers go, and where the next questions come from."""

    def send(self, kind: bytes, content: bytes = b"") -> None: ...

    def receive(self) -> tuple[bytes, bytes]: ...


def prepare(_spec: dict[str, Any]) -> None:
    """Nothing to do before the imports: the engine is one of those, loaded without network."""


def rehearse() -> None:
    """Loads what the first evaluation needs, once for all forks."""
    _evaluate({"seconds": 5.0, "memory_bytes": 1 << 24, "truth": False, "names": []}, "return 1", [])


def rehearse_again() -> None:
    return None


def run(job: dict[str, Any], _orders: dict[bytes, bytes], reply: Reply) -> int:
    """Answers until the worker closes the channel."""
    while True:
        try:
            kind, content = reply.receive()
        except EOFError:
            return 0
        if kind != b"Q":
            return 1
        header, body, *texts = wire.unpack_parts(content)
        question = json.loads(header)
        letter, answer = _evaluate(question, body.decode("utf-8", "replace"), texts)
        del content, texts
        reply.send(letter, wire.pack_answer(question["number"], answer.encode("utf-8", "backslashreplace")))


def _evaluate(question: dict[str, Any], body: str, texts: list[bytes]) -> tuple[bytes, str]:
    """The letter and the text of the answer."""
    # The module ``quickjs`` around it would start a thread, which a process that forks must not have.
    import _quickjs  # type: ignore[import-not-found]

    seconds = question["seconds"]
    deadline = time.monotonic() + seconds
    context = _quickjs.Context()
    context.set_memory_limit(question["memory_bytes"])
    context.set_time_limit(seconds)
    try:
        tool = context.eval(_CORE)
        if any(name in body for name in _LOOKED_UP):
            tool("extend", context.eval(_LOOKUPS))
        for (kind, name), text in zip(question["names"], texts, strict=True):
            _tell(context, tool, kind, name, text.decode("utf-8", "replace"))
        tool("start", context.eval(f"(async function () {{\n{body}\n}})"), question["truth"])
        while tool("outcome") is None and context.execute_pending_job():
            if time.monotonic() > deadline:
                return b"X", "InternalError: interrupted"
        if (needs := tool("missing")) is not None:
            return b"N", str(needs)
        if (outcome := tool("outcome")) is None:
            return b"X", "it waits for a promise that nothing fulfils"
        if outcome == "value":
            return b"R", str(tool("text"))
        return b"X", _reason(str(tool("text")), body)
    except (_quickjs.JSException, _quickjs.StackOverflow) as error:
        said = str(error).split("\n    at ", 1)[0].strip()
        return b"X", _reason(said, body)
    except (MemoryError, OverflowError):
        return b"X", "InternalError: out of memory"


def _reason(said: str, body: str) -> str:
    """Without memory for an error the engine throws null, which expressions do only in so many words."""
    thrown = said != "null" or "throw" in body or "reject" in body
    return said if thrown else "InternalError: out of memory"


def _tell(context: Any, tool: Any, kind: str, name: str, text: str) -> None:
    if kind.startswith("refused "):
        tool("refuse", kind.removeprefix("refused "), name, text)
        return
    names = ("global", name) if kind == "global" else ("know", kind, name)
    if text.lstrip()[:1] in ("{", "["):
        tool(*names, context.parse_json(text))
    else:  # a simple value would become one of Python's on the way, and not every text and number comes back
        tool("parse", text, *names)
