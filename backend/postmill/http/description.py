"""The OpenAPI document, made of the operations: what is served is what is described."""

import re
from collections.abc import Iterable
from functools import lru_cache
from inspect import cleandoc
from typing import Any

import msgspec

import postmill
from postmill.http.operation import Operation

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")
_REF = "#/components/schemas/{name}"
_ERRORS = {"4XX": {"$ref": "#/components/responses/Refused"}}
_REFUSED = {
    "description": "What is wrong, as a sentence; as problem details when asked for",
    "content": {
        "text/plain": {"schema": {"type": "string"}},
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document, in a stable order."""
    listed = sorted(operations, key=lambda operation: (operation.path, operation.method))
    types = _types_of(listed)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        address = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(address, {})[operation.method.lower()] = _describe(operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postmill",
            "version": postmill.__version__,
            "description": "The API of Postmill. Operations tagged postmill are its own; the others keep the shapes "
            "that public clients know.",
        },
        "servers": [{"url": "/api"}],
        "security": [{"bearer": []}, {"cookie": []}, {"query": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "token"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
            "responses": {"Refused": _REFUSED},
            "schemas": {
                name: _tidy(schema) for name, schema in sorted({**components, "Problem": _PROBLEM}.items())
            },
        },
    }


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its description free of the source's indentation, which Python keeps up to 3.12 only."""
    return {**schema, "description": cleandoc(schema["description"])} if "description" in schema else schema


def _types_of(operations: list[Operation]) -> list[Any]:
    """Every type that a body, query or answer has, each once."""
    found: dict[int, Any] = {}
    for operation in operations:
        for kind in (operation.body, operation.query, _described(operation.returns)):
            if kind is not None:
                found.setdefault(id(kind), kind)
    return list(found.values())


def _described(returns: Any) -> Any:
    """The type of an answer; a media type stands for itself and has no schema."""
    return None if isinstance(returns, str) else returns


def _describe(operation: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    needs = operation.parsed_needs()
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": list(operation.tags),
        "summary": operation.summary,
        "x-needs": {"role": needs.role, "scope": f"{needs.domain}:{needs.action}"},
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": {str(operation.status): _answer(operation, schema_of), **_ERRORS},
    }
    if needs.role == "public":
        described["security"] = []
    if operation.body is not None:
        schema = schema_of[id(operation.body)]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": match[1], "in": "path", "required": True, "schema": {"type": "string"}}
        for match in _PARAMETER.finditer(operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    _, components = msgspec.json.schema_components([operation.query], ref_template=_REF)
    fields = components[operation.query.__name__]
    required = set(fields.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in fields.get("properties", {}).items()
    ]


def _answer(operation: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    returns = operation.returns
    if returns is None:
        return {"description": "Done"}
    if isinstance(returns, str):
        return {"description": "Done", "content": {returns: {"schema": {"type": "string"}}}}
    media = "text/plain" if returns is str else "application/json"
    return {"description": "Done", "content": {media: {"schema": schema_of[id(returns)]}}}


@lru_cache(maxsize=4)
def as_json(operations: tuple[Operation, ...]) -> bytes:
    """The document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document(operations)), indent=2) + b"\n"


@lru_cache(maxsize=4)
def as_yaml(operations: tuple[Operation, ...]) -> str:
    """The document as YAML; texts are quoted as JSON does it, which YAML reads the same way."""
    return yaml_of(msgspec.json.decode(as_json(operations)))


def yaml_of(document: dict[str, Any]) -> str:
    """A document of plain values as YAML."""
    return "\n".join(_yaml_lines(document, 0)) + "\n"


_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON may hold as it is, and YAML not."""


def _yaml_lines(value: Any, depth: int) -> Iterable[str]:
    indent = "  " * depth
    pairs: Iterable[tuple[str, Any]]
    if isinstance(value, dict):
        pairs = ((f"{_scalar(key)}:", item) for key, item in value.items())
    else:
        pairs = (("-", item) for item in value)
    for head, item in pairs:
        if isinstance(item, (dict, list)) and item:
            yield f"{indent}{head}"
            yield from _yaml_lines(item, depth + 1)
        else:
            yield f"{indent}{head} {_scalar(item)}"


def _scalar(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if text.isprintable() else _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
