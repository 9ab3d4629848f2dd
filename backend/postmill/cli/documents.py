"""Settings of scripts and flows as files: JSON, or YAML as ``wmill sync pull`` writes it."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ENDINGS = (".yaml", ".json")
INLINE = "!inline "


class PushFailed(Exception):
    """Something cannot be deployed; the message says which file and why."""


class _CoreLoader(yaml.SafeLoader):
    """Reads the core schema of YAML 1.2, in which ``yes`` and ``2024-01-31`` are texts."""


# Without those of YAML 1.1, which it would copy.
_CoreLoader.yaml_implicit_resolvers = {}

for _kind, _pattern, _begins in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _begins)


def read_document(file: Path) -> dict[str, Any]:
    """The object that the file holds; raises PushFailed where it holds none."""
    kind = "JSON" if file.suffix == ".json" else "YAML"
    try:
        text = file.read_text()
        # The loader makes plain values only, like the safe one that it is made of.
        document = json.loads(text) if kind == "JSON" else yaml.load(text, _CoreLoader)  # noqa: S506
    except (ValueError, OSError, yaml.YAMLError, RecursionError) as error:
        raise PushFailed(f"{file} is not {kind}: {error}") from None
    if not isinstance(document, dict):
        raise PushFailed(f"{file} has to hold a {kind} object.")
    return document


def inline(value: str, place: Path) -> str:
    """The content of the file below ``place`` that ``!inline FILE`` names."""
    file = (place / value.removeprefix(INLINE).strip()).resolve()
    if not file.is_relative_to(place.resolve()):
        raise PushFailed(f"{place}: {value!r} lies outside of it.")
    try:
        return file.read_text()
    except (OSError, ValueError) as error:
        raise PushFailed(f"{place}: {value!r} cannot be read: {error}.") from None
