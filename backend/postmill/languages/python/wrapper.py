# ruff: noqa: PTH109, PTH118
# pathlib would only make the image of every fork larger.
"""The inner side of a Python job: loads the user's script, calls its function, hands the result over.

Runs in the sandbox, in any Python from 3.10 on, with the standard library only. ``prepare`` and ``rehearse`` run in
the zygote, ``rehearse_again`` in every waiting child, ``run`` once per job.
"""

import builtins
import json
import linecache
import os
import sys
import types
from typing import Any, Protocol

from postmill.languages.python import (
    wrapper_args,
    wrapper_errors,
    wrapper_imports,
    wrapper_result,
    wrapper_warm,
)

REHEARSALS = 12
"""Calls until Python (from 3.11 on) has adapted a function's code: it begins with the eighth."""
# They may come from elsewhere: the author meant them to be called.
_ENTRIES = ("main", "preprocessor")


class Reply(Protocol):
    """Where a run's messages go: ``R`` result, ``E`` error, ``N`` new arguments, ``L`` too large (its size)."""

    def send(self, kind: bytes, content: bytes = b"") -> None: ...

    def receive_until(self, last: bytes) -> dict[bytes, bytes]: ...


class Script:
    """A user's script, loaded on first use; a warm process keeps it for all its runs."""

    def __init__(self, job: dict[str, Any], code: str) -> None:
        self.entrypoint: str = job["entrypoint"]
        self.preprocess: bool = job["preprocess"]
        self.postprocess: bool = job["postprocess"]
        self.result_bytes: int = job["result_bytes"]
        self.memory_bytes: int = job["memory_bytes"]
        self.checkpoint: str | None = job["checkpoint"]
        self._name: str = job["module"]
        self._file: str = job["file"]
        self._code = code
        self._compiled: types.CodeType | None = None
        self._module: types.ModuleType | None = None

    def module(self) -> types.ModuleType:
        if self._module is None:
            self._module = self._load()
        return self._module

    def compile_ahead(self) -> None:
        """Nothing of it runs. What cannot be compiled is told when it is to run."""
        try:
            self._compiled = self._compile()
        except BaseException:
            self._compiled = None

    def _compile(self) -> types.CodeType:
        remember_source(self._file, self._code)
        compiled: types.CodeType = compile(self._code, self._file, "exec", dont_inherit=True)
        return compiled

    def _load(self) -> types.ModuleType:
        compiled = self._compiled = self._compiled or self._compile()
        module = types.ModuleType(self._name)
        module.__file__ = os.path.join(os.getcwd(), self._file)
        module.__package__ = self._name.rpartition(".")[0]
        sys.modules[self._name] = module
        exec(compiled, module.__dict__)  # noqa: S102  (running the user's script is the purpose)
        return module

    def workflow(self) -> Any:
        """The entry function; where the script has none, its function with ``@workflow``."""
        members = vars(self.module())
        if callable(members.get(self.entrypoint)):
            return members[self.entrypoint]
        marked = [member for member in members.values() if getattr(member, "_is_workflow", False)]
        return marked[0] if marked else self.function(self.entrypoint)

    def function(self, name: str) -> Any:
        found = getattr(self.module(), name, None)
        if not callable(found) or not (name in _ENTRIES or self._defines(name, found)):
            raise wrapper_errors.MissingFunction(name)
        return found

    def _defines(self, name: str, found: Any) -> bool:
        """Whether the script itself defines it. Who runs a script may name a function of it, and none that it imports:

        with ``from subprocess import run`` that would be any program, as whom the script runs. What a decorator made
        of its function is known by the name, a lambda or a second name of a function by where it was defined.
        """
        if self._compiled is not None and _defines(self._compiled, name):
            return True
        return isinstance(found, types.FunctionType) and found.__globals__ is vars(self.module())


def _defines(code: types.CodeType, name: str) -> bool:
    inner = [part for part in code.co_consts if isinstance(part, types.CodeType)]
    generic = f"<generic parameters of {name}>"  # around ``def name[T]()``
    return any(part.co_name in (name, generic) for part in inner)


def remember_source(file: str, code: str) -> None:
    """Lets tracebacks show the lines of a script that is on no disk."""
    lines = code.splitlines(keepends=True)
    linecache.cache[file] = (len(code), None, lines, file)


def prepare(spec: dict[str, Any]) -> None:
    """Once per zygote: what ``site`` would have done, and text streams that never fail on a character."""
    import _sitebuiltins

    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
    builtins.help = _sitebuiltins._Helper()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace", encoding="utf-8")  # type: ignore[union-attr]
    sys.argv = ["main.py"]
    sys.dont_write_bytecode = True


_made_ready: list[Script] = []  # at most the one of this process


def make_ready(job: dict[str, Any], orders: dict[bytes, bytes]) -> None:
    """Ahead of ``run``: whatever needs no code of the script's to run."""
    script = _opened(job, orders)
    script.compile_ahead()
    _made_ready.append(script)


def _opened(job: dict[str, Any], orders: dict[bytes, bytes]) -> Script:
    sys.argv = [job["file"]]
    wrapper_imports.install(job["sources"])
    return Script(job, orders[b"C"].decode("utf-8", "replace"))


def run(job: dict[str, Any], orders: dict[bytes, bytes], reply: Reply) -> int:
    """One job, or with ``warm`` one after the other until the worker closes the channel. Returns the exit code."""
    script = _made_ready.pop() if _made_ready else _opened(job, orders)
    if not job["warm"]:
        return _run_once(script, orders[b"A"], reply)
    wrapper_warm.run_many(orders, reply, lambda args, marked: _run_once(script, args, marked))
    return None


def _run_once(script: Script, args: bytes, reply: Reply) -> int:
    try:
        result = _call(script, args, reply)
        text = wrapper_result.encode(result, script.postprocess)
        _flush()
    except SystemExit as ending:
        return _left_early(script, ending, reply)
    except BaseException as error:
        _flush()
        _send_bounded(reply, b"E", wrapper_errors.encode(error, script.memory_bytes), script.result_bytes)
        return 1
    return 0 if _send_bounded(reply, b"R", text, script.result_bytes) else 1


def _left_early(script: Script, ending: SystemExit, reply: Reply) -> int:
    """``sys.exit()`` and ``sys.exit(0)`` are a success without a result, anything else a failure."""
    _flush()
    if ending.code is None or ending.code == 0:
        reply.send(b"R", b"null")
        return 0
    _send_bounded(reply, b"E", wrapper_errors.encode(ending, script.memory_bytes), script.result_bytes)
    return ending.code if isinstance(ending.code, int) else 1


def _send_bounded(reply: Reply, kind: bytes, text: bytes, most: int) -> bool:
    if len(text) > most:
        reply.send(b"L", str(len(text)).encode())
        return False
    reply.send(kind, text)
    return True


def _call(script: Script, args_json: bytes, reply: Reply) -> Any:
    args = json.loads(args_json)
    script.module()
    if script.preprocess:
        args = wrapper_result.finished(_invoke(script.function("preprocessor"), args))
        if not isinstance(args, dict):
            raise wrapper_errors.BadPreprocessor(type(args).__name__)
        reply.send(b"N", wrapper_result.encode(args, True))
        args = json.loads(wrapper_result.encode(args, True))
    if script.checkpoint is not None:
        return _round(script, script.checkpoint, args)
    return wrapper_result.finished(_invoke(script.function(script.entrypoint), args))


def _round(script: Script, checkpoint: str, args: dict[str, Any]) -> Any:
    """One round of a workflow as code: what it comes to, in the words of the client library that the script imports."""
    function = script.workflow()
    if not getattr(function, "_is_workflow", False):
        return {"type": "complete", "result": wrapper_result.finished(_invoke(function, args))}
    from wmill.client import _run_workflow  # type: ignore[import-not-found]

    positional, named = wrapper_args.arguments_for(function, args)

    async def body(**given: Any) -> Any:
        return await function(*positional, **given)

    return _run_workflow(body, json.loads(checkpoint), named)


def _invoke(function: Any, args: dict[str, Any]) -> Any:
    positional, named = wrapper_args.arguments_for(function, args)
    return function(*positional, **named)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue


class _Nowhere:
    """The reply of a rehearsal."""

    def send(self, kind: bytes, content: bytes = b"") -> None:
        return None

    def receive_until(self, last: bytes) -> dict[bytes, bytes]:
        return {}


_REHEARSAL = """\
import os, json
from datetime import date, datetime
CONSTANT = {"a": [1, 2.5, None], "b": (True, "text")}

class Thing:
    def __init__(self, x: int = 1, *rest, **more):
        self.x = x

    @property
    def double(self):
        return self.x * 2 if self.x > 0 else -self.x

def broken(a):
    try:
        with open("/nonexistent") as f:
            return f.read()[1:2]
    except (OSError, ValueError) as e:
        raise KeyError(f"{a!r}: {e}") from e
    finally:
        a += 1

def main(name: str, count: int = 3, day: date = None, when: "datetime" = None):
    out = [i for i in range(count) if i % 2 == 0 and not i < 0]
    d = {k: v for k, v in CONSTANT.items()}
    for i, x in enumerate(out):
        while x is None:
            break
    if name == "fail":
        broken(lambda q: q)
    assert out is not None, "no"
    return {"name": name, "out": out, "thing": Thing(2).double, "d": d, "u": "\\u00e9"}
"""


def rehearse() -> None:
    """In the zygote: walks every path once, a failure included, so that its caches are filled before the forks.

    What every job does is done until the interpreter has adapted its code to it, which no child would live to see.
    """
    for name in ("good", "fail"):
        _rehearse_with(_REHEARSAL, {"name": name, "day": "2026-01-02", "when": "2026-01-02T03:04:05Z"})
    for _ in range(REHEARSALS):
        rehearse_again()


def rehearse_again() -> None:
    """In a waiting child: touches the pages that every job touches, and no others, for each one is copied."""
    _rehearse_with("def main(x: int = 1):\n    return x\n", {"x": 1})


def _rehearse_with(code: str, args: dict[str, Any]) -> None:
    kept_path, kept_argv = list(sys.meta_path), sys.argv
    job = {
        "entrypoint": "main", "preprocess": False, "postprocess": True, "result_bytes": 1 << 20, "warm": False,
        "memory_bytes": 1 << 30, "module": "f.rehearsal.main", "file": "f/rehearsal/main.py", "sources": {},
        "env": {}, "checkpoint": None,
    }  # fmt: skip
    run(job, {b"C": code.encode(), b"A": json.dumps(args).encode()}, _Nowhere())
    sys.modules.pop("f.rehearsal.main", None)
    sys.meta_path[:], sys.argv = kept_path, kept_argv
    linecache.cache.pop("f/rehearsal/main.py", None)
