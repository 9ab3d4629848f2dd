"""Code that a test of a flow imports before what is deployed: every inline step is told where it is stored."""

from typing import Any

from postmill.model.run_options import STORED_IMPORTS

_NOT_STEPS = frozenset({"input_transforms", "schema", "args"})


def with_stored_imports(value: Any, digests: dict[str, str]) -> Any:
    """The ``value`` of an OpenFlow document whose inline code gets ``digests``, the SHA-256 of stored code by path.

    They stand as a fixed input beside the others of each step, as they do among the arguments of a tested script.
    """
    if isinstance(value, list):
        return [with_stored_imports(item, digests) for item in value]
    if not isinstance(value, dict):
        return value
    told = {
        name: member if name in _NOT_STEPS else with_stored_imports(member, digests)
        for name, member in value.items()
    }
    if value.get("type") == "rawscript" and isinstance(value.get("input_transforms") or {}, dict):
        given = value.get("input_transforms") or {}
        told["input_transforms"] = {**given, STORED_IMPORTS: {"type": "static", "value": digests}}
    return told
