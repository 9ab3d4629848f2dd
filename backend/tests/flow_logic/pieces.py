"""Flows in few words, for the tests of decisions. Expressions are Python's, scripts are ``SCRIPTS`` by name."""

from typing import Any

from .playground import Failed, Playground


def fail(message: str = "boom", **_: Any) -> Any:
    raise Failed(message)


def fail_above(n: Any, most: Any = 1, **_: Any) -> Any:
    if n > most:
        raise Failed(f"bad {n}")
    return n


SCRIPTS = {
    "same": lambda n=None, **_: n,
    "double": lambda n, **_: n * 2,
    "args": lambda **given: given,
    "fail": fail,
    "picky": fail_above,
}


def transform(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"type": "javascript", "expr": value}
    return {"type": "static", "value": value}


def script(step_id: str, content: str = "same", n: Any = None, **settings: Any) -> dict[str, Any]:
    inputs = {} if n is None else {"n": transform(n)}
    value = {"type": "rawscript", "language": "bash", "content": content, "input_transforms": inputs}
    return {"id": step_id, "value": value, **settings}


def identity(step_id: str, **settings: Any) -> dict[str, Any]:
    return {"id": step_id, "value": {"type": "identity"}, **settings}


def loop(step_id: str, over: Any, *modules: Any, settings: Any = None, **value: Any) -> dict[str, Any]:
    loop_value = {"type": "forloopflow", "iterator": transform(over), "modules": list(modules), **value}
    return {"id": step_id, "value": loop_value, **(settings or {})}


def while_loop(step_id: str, *modules: Any, settings: Any = None, **value: Any) -> dict[str, Any]:
    return {
        "id": step_id,
        "value": {"type": "whileloopflow", "modules": list(modules), **value},
        **(settings or {}),
    }


def one_of(step_id: str, default: list[Any], *branches: tuple[str, list[Any]], **settings: Any) -> Any:
    parts = [{"expr": expr, "modules": modules} for expr, modules in branches]
    return {"id": step_id, "value": {"type": "branchone", "branches": parts, "default": default}, **settings}


def all_of(step_id: str, *branches: Any, settings: Any = None, **value: Any) -> dict[str, Any]:
    parts = [branch if isinstance(branch, dict) else {"modules": branch} for branch in branches]
    return {"id": step_id, "value": {"type": "branchall", "branches": parts, **value}, **(settings or {})}


def stop(expr: str = "True", **settings: Any) -> dict[str, Any]:
    return {"stop_after_if": {"expr": expr, **settings}}


def retry(attempts: int, **more: Any) -> dict[str, Any]:
    return {"retry": {"constant": {"attempts": attempts, "seconds": 1}, **more}}


HANDLER = script("failure", "args", "error['message']")
BOOM = {"error": {"message": "boom", "name": "ValueError"}}
EVEN = "flow_input['iter']['value'] % 2 == 0"
ITEM = "flow_input['iter']['value']"
INDEX = "flow_input['iter']['index']"


def bad(n: Any) -> dict[str, Any]:
    return {"error": {"message": f"bad {n}", "name": "ValueError"}}


def run(*modules: Any, args: Any = None, play: Playground | None = None, **flow: Any) -> tuple[str, Any]:
    play = play or Playground(SCRIPTS)
    return play.run({"modules": list(modules), **flow}, args)
