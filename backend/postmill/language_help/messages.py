"""The words between an editor and its session. Positions and ranges are those of ``text``."""

from typing import Annotated, Any

import msgspec

from postmill.language_help.text import Change, Position

MAX_TEXT = 5_000_000
MAX_COMPLETIONS = 300


class Message(msgspec.Struct, frozen=True):
    """One word of the editor; a request has an ``id``, which its answer carries."""

    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")
    id: int | None = None


class Open(msgspec.Struct, frozen=True):
    path: str
    text: str


class Changed(msgspec.Struct, frozen=True):
    changes: list[Change]


class At(msgspec.Struct, frozen=True):
    """A place in the open text, or in a file that a definition named."""

    position: Position
    trigger: str | None = None
    file: str = "self"


class Resolve(msgspec.Struct, frozen=True):
    """A completion of the last list, by its place in it."""

    index: int


class Rename(msgspec.Struct, frozen=True):
    position: Position
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Source(msgspec.Struct, frozen=True):
    """A file that a definition named."""

    name: str


class Nothing(msgspec.Struct, frozen=True):
    pass


def completion(index: int, item: dict[str, Any]) -> dict[str, Any]:
    """A completion as the editor gets it: what the server keeps for itself (paths of files) stays out."""
    kept = ("label", "kind", "detail", "sortText", "filterText", "insertText", "tags", "additionalTextEdits")
    shown = {name: item[name] for name in kept if item.get(name) is not None}
    edit = item.get("textEdit")
    if isinstance(edit, dict):
        shown["insertText"] = edit.get("newText", shown.get("insertText"))
        shown["range"] = edit.get("range") or edit.get("replace")
    described = item.get("labelDetails") or {}
    if described.get("description"):
        shown["description"] = described["description"]
    return {"index": index, **shown, "documentation": markdown(item.get("documentation"))}


def markdown(content: Any) -> str:
    """Text of the forms that the protocol has for it."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return str(content.get("value", ""))
    if isinstance(content, list):
        return "\n\n".join(markdown(part) for part in content)
    return ""


def diagnostic(item: dict[str, Any]) -> dict[str, Any]:
    code = item.get("code")
    return {
        "range": item["range"],
        "message": item["message"],
        "severity": item.get("severity", 1),
        "code": str(code) if code is not None else None,
        "tags": item.get("tags") or [],
    }


def edits_by_file(edit: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The text edits of a change of the workspace, in either of its two forms."""
    found: dict[str, list[dict[str, Any]]] = {}
    for uri, edits in (edit.get("changes") or {}).items():
        found.setdefault(uri, []).extend(edits)
    for change in edit.get("documentChanges") or []:
        if "textDocument" in change:
            found.setdefault(change["textDocument"]["uri"], []).extend(change["edits"])
    return {uri: [_text_edit(one) for one in edits] for uri, edits in found.items() if edits}


def _text_edit(edit: dict[str, Any]) -> dict[str, Any]:
    return {"range": edit["range"], "newText": edit["newText"]}


def symbols(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a text declares, as a tree."""
    return [
        {
            "name": item["name"],
            "detail": item.get("detail") or "",
            "kind": item["kind"],
            "range": item["range"],
            "selectionRange": item.get("selectionRange") or item["range"],
            "children": symbols(item.get("children") or []),
        }
        for item in items
        if "range" in item
    ]
