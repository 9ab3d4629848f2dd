"""An OpenAPI document of what can be run over HTTP in a workspace: scripts and flows, each with its own arguments."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from postmill.deploy.runnables import RunnableForm

_LETTERS = {"script": "p", "flow": "f"}
_BEGIN = ("run", "Start it and go on: the answer is the id of the run")
_WAIT = ("run_wait_result", "Run it and wait: the answer is the result")
_REFUSED = {
    "description": "What is wrong, as a sentence",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_FAILED = {
    "description": "The run failed; `error` says why",
    "content": {"application/json": {"schema": {"type": "object"}}},
}


def addresses(workspace: str, form: RunnableForm) -> tuple[str, str]:
    """Below the address of the instance: where it is started, and where one waits for its result."""
    place = f"{_LETTERS[form.kind]}/{quote(form.path)}"
    base = f"/api/w/{quote(workspace, safe='')}/jobs"
    return f"{base}/{_BEGIN[0]}/{place}", f"{base}/{_WAIT[0]}/{place}"


def document(workspace: str, url: str, info: dict[str, Any], forms: Iterable[RunnableForm]) -> dict[str, Any]:
    """The document; ``url`` is the address of the instance, ``info`` what stands at the top."""
    paths: dict[str, Any] = {}
    for form in forms:
        begin, wait = addresses(workspace, form)
        paths[begin] = {"post": _operation(form, _BEGIN, {"201": _answer("text/plain", {"type": "string"})})}
        paths[wait] = {
            "post": _operation(form, _WAIT, {"200": _answer("application/json", {}), "422": _FAILED})
        }
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": url}],
        "security": [{"bearer": []}, {"query": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
            "responses": {"Refused": _REFUSED},
        },
    }


def _operation(form: RunnableForm, way: tuple[str, str], answers: dict[str, Any]) -> dict[str, Any]:
    schema = form.schema if isinstance(form.schema, dict) else {"type": "object"}
    return {
        "operationId": f"{way[0]}:{form.kind}:{form.path}",
        "tags": [form.kind],
        "summary": form.summary or form.path,
        "description": f"{form.description}\n\n{way[1]}.".strip(),
        "requestBody": {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": schema}},
        },
        "responses": {**answers, "4XX": {"$ref": "#/components/responses/Refused"}},
    }


def _answer(media: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Done", "content": {media: {"schema": schema}}}
