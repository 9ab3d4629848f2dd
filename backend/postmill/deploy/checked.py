"""What a caller sends to deploy, checked and brought into the form in which it is kept. Pure."""

import re
from typing import Any, Protocol

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import fields

from postmill.access.policy import is_bypassing
from postmill.access.scopes import is_limited
from postmill.kernel import json, storable
from postmill.kernel.errors import InvalidInput, PermissionDenied
from postmill.languages.source import READERS
from postmill.model.retry_policy import parse_policy
from postmill.model.script import NOT_OFFERED, NewScript, ScriptSettings
from postmill.model.subject import Subject

MAX_CODE_LENGTH = 5_000_000
MAX_SUMMARY_LENGTH = 1_000
MAX_TEXT_LENGTH = 50_000
MAX_MODULES = 200
LARGEST_INT = 2**31 - 1

_TAG = re.compile(r"[^\x00-\x1f\x7f,]{1,100}")
_MODULE_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_POSITIVE = (
    "timeout", "cache_ttl", "concurrent_limit", "concurrency_time_window_s", "debounce_delay_s",
    "max_total_debouncing_time", "max_total_debounces_amount",
)  # fmt: skip
_IDENTITY = ("on_behalf_of", "on_behalf_of_email")
_NOT_NEGATIVE = ("delete_after_secs",)


def checked_text(value: str | None, what: str, most: int = MAX_TEXT_LENGTH) -> str:
    """The text, "" for none; raises InvalidInput when it is too long or cannot be stored."""
    text = value or ""
    if len(text) > most:
        raise InvalidInput(f"Bad request: {what} has {len(text)} characters; at most {most} are allowed")
    return storable.checked_text(text, what)


def checked_schema(schema: Raw | UnsetType) -> str | None:
    """The schema as it was sent, compact; None when none was sent."""
    if schema is UNSET or bytes(schema) == b"null":
        return None
    value = json.decode(bytes(schema))
    if not isinstance(value, dict):
        raise InvalidInput("Bad request: schema must be a JSON object")
    return checked_text(storable.checked_value(value, "schema"), "schema", MAX_CODE_LENGTH)


def checked_modules(new: NewScript) -> str | None:
    """The modules as JSON text; raises InvalidInput for paths that leave the script's folder."""
    if not new.modules:
        return None
    if len(new.modules) > MAX_MODULES:
        raise InvalidInput(f"Bad request: a script has at most {MAX_MODULES} modules")
    reader = READERS.get(new.language)
    for path, module in new.modules.items():
        if len(path) > 255 or _MODULE_PATH.fullmatch(path) is None:
            raise InvalidInput(
                f"Bad request: {path[:80]!r} is not a relative path inside the script's folder"
            )
        checked_text(module.content, f"module {path}", MAX_CODE_LENGTH)
        if reader is None:
            raise InvalidInput(f"Bad request: a {new.language} script cannot have modules")
        reader.check_module(new.path, path, module)
    return json.encode_text(new.modules)


def checked_settings(new: NewScript, subject: Subject) -> ScriptSettings:
    """The settings of the runs. Numbers that mean "no limit" (zero and below) are dropped, as clients expect."""
    _refuse_not_offered(new)
    values: dict[str, Any] = {
        item.name: getattr(new, item.name)
        for item in fields(ScriptSettings)
        if getattr(new, item.name) is not None and item.name not in _IDENTITY
    }
    for name in _POSITIVE:
        if name in values and values[name] <= 0:
            del values[name]
    for name in _NOT_NEGATIVE:
        if name in values and values[name] < 0:
            raise InvalidInput(f"Bad request: {name} must not be negative")
    for name in (*_POSITIVE, *_NOT_NEGATIVE):
        if name in values:
            if values[name] > LARGEST_INT:
                raise InvalidInput(f"Bad request: {name} is larger than {LARGEST_INT}")
            values[name] = int(values[name])
    for name in ("debounce_key", "debounce_args_to_accumulate"):
        if not values.get(name):
            values.pop(name, None)
    _check_values(values)
    return ScriptSettings(**values, **checked_identity(new, subject))


def _refuse_not_offered(new: NewScript) -> None:
    """A setting that would have no effect is refused; null, false, 0 and what is empty asks for nothing."""
    for name in NOT_OFFERED:
        if getattr(new, name):
            raise InvalidInput(
                f"Bad request: this server does not offer {name} yet; leave it out to deploy the script without it"
            )


def _check_values(values: dict[str, Any]) -> None:
    if "tag" in values:
        values["tag"] = checked_tag(values["tag"])
    if not 0 <= values.get("priority", 0) <= 100:
        raise InvalidInput("Bad request: priority must be between 0 and 100")
    for name in ("concurrency_key", "debounce_key"):
        checked_text(values.get(name), name, 500)
    for name in ("labels", "envs", "debounce_args_to_accumulate"):
        for item in values.get(name, ()):
            checked_text(item, name, 500)
    if "retry" in values:
        _check_retry(values["retry"])
    if json.holds_nul([values.get("assets"), values.get("retry")]):
        raise InvalidInput("Bad request: assets and retry must not hold a NUL character")


def checked_tag(tag: str) -> str | None:
    """None for an empty one; raises InvalidInput for what is no tag."""
    if not tag:
        return None
    if _TAG.fullmatch(tag) is None:
        raise InvalidInput("Bad request: tag must be 1 to 100 printable characters without a comma")
    return tag


def _check_retry(policy: Any) -> None:
    """Raises InvalidInput for what is no policy, members that no policy has included."""
    parse_policy(json.encode_text(policy))
    unknown = set(policy) - {"constant", "exponential", "retry_if"}
    if unknown:
        raise InvalidInput(f"Bad request: retry has no member {', '.join(sorted(unknown))}")


class Identified(Protocol):
    """What a caller says about who runs of the deployed thing run as."""

    @property
    def on_behalf_of(self) -> str | None: ...
    @property
    def on_behalf_of_email(self) -> str | None: ...
    @property
    def preserve_on_behalf_of(self) -> bool | None: ...


def checked_identity(new: Identified, subject: Subject) -> dict[str, Any]:
    """Nobody can make something run as somebody else but admins, who may keep what was set.

    Raises PermissionDenied where the right is limited in what it covers or in time, by scopes or as that of a job: what
    it would lend is all that the identity may do, to whoever starts the code from then on.
    """
    if not (new.on_behalf_of_email or new.on_behalf_of):
        return {}
    if subject.is_job or is_limited(subject.scopes):
        who = "a job" if subject.is_job else "a token that is limited to scopes"
        raise PermissionDenied(
            f"Permission denied: {who} may not decide as whom code runs: deploy it without on_behalf_of, or sign in"
        )
    if not (new.preserve_on_behalf_of and is_bypassing(subject)):
        return {"on_behalf_of": subject.permissioned_as, "on_behalf_of_email": subject.email}
    given = {"on_behalf_of": new.on_behalf_of, "on_behalf_of_email": new.on_behalf_of_email}
    return {name: checked_text(value, name, 255) for name, value in given.items() if value}
