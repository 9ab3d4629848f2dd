"""What has changed in a step between two states of a flow, as far as it matters to a recorded result. Pure."""

from typing import Any

import msgspec

from postmill.model import flow as model
from postmill.model.flow import FlowModule, ModuleValue
from postmill.model.input_transform import InputTransform

# They change when and where a step runs, or what happens when it fails, but not what it comes to.
WITHOUT_EFFECT = frozenset(
    {
        "id", "value", "summary", "retry", "timeout", "priority", "cache_ttl", "cache_ignore_s3_path",
        "delete_after_secs", "sleep", "debouncing",
    }
)  # fmt: skip
_UNSEEN_IN_CODE = frozenset(
    {"summary", "tag", "tag_override", "concurrent_limit", "concurrency_time_window_s", "custom_concurrency_key",
     "is_trigger", "parallelism", "squash", "lock", *(WITHOUT_EFFECT - {"id", "value"})}
)  # fmt: skip


def changed_settings(before: FlowModule, after: FlowModule) -> list[str]:
    """The settings with another value that may change the step's result."""
    return [
        name
        for name in FlowModule.__struct_fields__
        if name not in WITHOUT_EFFECT and _plain(getattr(before, name)) != _plain(getattr(after, name))
    ]


def is_same_code(before: ModuleValue, after: ModuleValue) -> bool:
    """Whether a step does the same with the same inputs; steps inside it count with all they have."""
    if type(before) is not type(after):
        return False
    if isinstance(before, model.InlineScript) and isinstance(after, model.InlineScript):
        has_other_lock = before.lock and after.lock and before.lock != after.lock
        return (before.language, before.content) == (after.language, after.content) and not has_other_lock
    return bool(_without_inputs(before) == _without_inputs(after))


def same_transform(before: InputTransform | None, after: InputTransform | None) -> bool:
    """Whether a value is written down, or computed, in the same words."""
    return bool(_plain(before) == _plain(after))


def _without_inputs(value: ModuleValue) -> Any:
    """What a step does, apart from its own inputs, which are compared by their values."""
    plain = _seen(_plain(value))
    for name in ("input_transforms", "iterator"):
        plain.pop(name, None)
    return plain


def _seen(plain: Any) -> Any:
    """The same without what makes no difference to results, at every depth of steps."""
    if isinstance(plain, list):
        return [_seen(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    kept = {name: value for name, value in plain.items() if name not in _UNSEEN_IN_CODE}
    for name in ("value", "modules", "branches", "default"):
        if name in kept:
            kept[name] = _seen(kept[name])
    return kept


def _plain(value: Any) -> Any:
    """Decoded JSON: records that say the same in other spellings become equal."""
    return msgspec.json.decode(msgspec.json.encode(value))
