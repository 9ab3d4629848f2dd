"""TypeScript types of answers that the web UI takes as they are; printed for ``frontend/src/api/contract.ts``."""

from typing import Any

from postmill.http.api import OPERATIONS
from postmill.http.description import as_json
from postmill.kernel import json

HEAD = "/** Answers of the API as the server declares them; written by `./dev contracts`. */\n"

# What the UI calls a schema of the document.
NAMES = {
    "InstanceStatus": "InstanceStatus",
    "UserWorkspace": "Workspace",
    "Workspace": "InstanceWorkspace",
    "UserWorkspaceList": "WorkspaceList",
    "ContextualVariable": "ContextualVariable",
    "ListableVariable": "Variable",
    "Folder": "Folder",
    "Group": "Group",
    "TruncatedToken": "Token",
    "DeploymentStatus": "DeploymentStatus",
    "ShownFlowVersion": "FlowVersion",
    "ResourceHistory": "ResourceHistory",
    "postmill.http.api.items.resources.ShownVersion": "ResourceVersion",
}
_PREFIX = "#/components/schemas/"
_WORDS = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def typescript(document: dict[str, Any]) -> str:
    """The types of ``NAMES`` and of what they hold, in the order of their names."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    wanted, types = list(NAMES), {}
    for name in wanted:
        types[_name(name)] = _type(schemas[name], wanted)
    return HEAD + "".join(f"\nexport type {name} = {types[name]};\n" for name in sorted(types))


def _name(schema: str) -> str:
    return NAMES.get(schema, schema.rpartition(".")[2])


def _type(schema: dict[str, Any], wanted: list[str]) -> str:
    """The type of a schema; schemas that it refers to are added to the wanted ones."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        if name not in wanted:
            wanted.append(name)
        return _name(name)
    if "anyOf" in schema:
        return " | ".join(_type(one, wanted) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.encode_text(value) for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        inner = _type(schema.get("items", {}), wanted)
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kind != "object":
        return _WORDS.get(kind or "", "unknown")
    if "properties" not in schema:
        return f"Record<string, {_type(schema.get('additionalProperties', {}), wanted)}>"
    required = schema.get("required", [])
    members = (
        f"  {name}{'' if name in required else '?'}: {_type(member, wanted)};\n"
        for name, member in schema["properties"].items()
    )
    return "{\n" + "".join(members) + "}"


if __name__ == "__main__":
    print(typescript(json.decode(as_json(OPERATIONS))), end="")
