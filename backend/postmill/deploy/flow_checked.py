"""The value of a flow that is to be deployed, checked and brought into the form in which it is kept. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from postmill.deploy.checked import (
    LARGEST_INT,
    MAX_CODE_LENGTH,
    checked_identity,
    checked_tag,
    checked_text,
)
from postmill.deploy.reading_code import lock_without_job, read_code
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.kernel.ids import short_id
from postmill.languages.source import READERS
from postmill.model.flow import FlowValue, InlineScript, ScriptStep, Subflow, all_modules
from postmill.model.flow_document import FlowSettings, FlowUse, NewFlow
from postmill.model.flow_reading import parse_flow
from postmill.model.flow_rewriting import Members, Step, plain, raw, rewrite_steps, steps_of
from postmill.model.script import LOCKED_LANGUAGES, SCRIPT_LANGUAGES
from postmill.model.subject import Subject

MAX_VALUE_LENGTH = 10_000_000
LOOPS = ("forloopflow", "whileloopflow")


@dataclass(frozen=True)
class CheckedFlow:
    """``value`` is the JSON to keep; ``unlocked`` are the steps whose locks a job has to find."""

    value: str
    flow: FlowValue
    uses: frozenset[FlowUse]
    unlocked: tuple[str, ...]


def checked_value(
    given: bytes, path: str, previous: str | None, default_requirements: Collection[str]
) -> CheckedFlow:
    """Raises InvalidInput that names the step at fault.

    ``previous`` is the value before: a lock that came from there with other code is an old one, and dropped.
    ``default_requirements`` are the languages of whose packages a file of the workspace decides.
    """
    if len(given) > MAX_VALUE_LENGTH:
        raise InvalidInput(f"Bad request: the flow has more than {MAX_VALUE_LENGTH} bytes")
    if json.holds_nul(json.decode(given)):
        raise InvalidInput("Bad request: the flow holds a NUL character")
    value = rewrite_steps(given, _Normalizer(path).change)
    flow = parse_flow(value, seed=path)
    uses = _uses(flow, path)
    unlocked: list[str] = []
    known = {} if previous is None else _inline_code(previous)

    def lock(step: Step) -> None:
        if step.kind != "rawscript":
            return
        language, content = str(plain(step.value["language"])), str(plain(step.value["content"]))
        found = _lock(step, language, content, known.get(step.id))
        if found is None:
            found = lock_without_job(language, content, path, language in default_requirements)
        if found is None:
            step.value.pop("lock", None)
            unlocked.append(step.id)
        else:
            step.value["lock"] = raw(found)

    return CheckedFlow(rewrite_steps(value, lock), flow, uses, tuple(unlocked))


class _Normalizer:
    """What a document may leave out or say in an older way, said in full: ids, loops' failures, deletion."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def change(self, step: Step) -> None:
        self._count += 1
        if step.role in ("failure", "preprocessor"):
            step.members["id"] = raw(step.role)
        elif not step.members.get("id") or bytes(step.members["id"]) in (b"null", b'""'):
            step.members = {"id": raw(short_id(f"{self._seed}:{self._count}")), **_without_id(step)}
        if step.kind in LOOPS and bytes(step.value.get("skip_failures", b"null")) == b"null":
            step.value["skip_failures"] = raw(False)
        if bytes(step.members.pop("delete_after_use", b"null")) == b"true":
            step.members.setdefault("delete_after_secs", raw(0))


def _without_id(step: Step) -> Members:
    return {name: value for name, value in step.members.items() if name != "id"}


@dataclass(frozen=True)
class _Code:
    """Inline code as it was deployed before."""

    language: str
    content: str
    lock: str | None


def _inline_code(value: str) -> dict[str, _Code]:
    """The inline scripts of a stored flow, by step."""
    found = {}
    for step in steps_of(value):
        if step.kind == "rawscript":
            lock = plain(step.value["lock"]) if "lock" in step.value else None
            language, content = plain(step.value["language"]), plain(step.value["content"])
            found[step.id] = _Code(str(language), str(content), lock)
    return found


def _lock(step: Step, language: str, content: str, before: _Code | None) -> str | None:
    """The lock that the step brings along, else that of the same code before.

    Not one that belongs to other code: editors send what they got along with what was changed since.
    """
    if language not in LOCKED_LANGUAGES:
        return None
    is_same = before is not None and (before.language, before.content) == (language, content)
    given = plain(step.value["lock"]) if "lock" in step.value else None
    text = "\n".join(given) if isinstance(given, list) else given
    if not isinstance(text, str) or not text.strip():
        return before.lock if before is not None and is_same else None
    return None if before is not None and before.lock == text and not is_same else text


def _uses(flow: FlowValue, path: str) -> frozenset[FlowUse]:
    uses: set[FlowUse] = set()
    for module in all_modules(flow):
        value = module.value
        if isinstance(value, InlineScript):
            uses |= {FlowUse("import", imported) for imported in _imports(module.id, value, path)}
        elif isinstance(value, ScriptStep) and value.path:
            uses.add(FlowUse("script", value.path))
        elif isinstance(value, Subflow) and value.path:
            uses.add(FlowUse("flow", value.path))
    return frozenset(uses)


def _imports(step_id: str, script: InlineScript, path: str) -> tuple[str, ...]:
    """The scripts that inline code imports; relative ones count from the flow's path."""
    if script.language not in SCRIPT_LANGUAGES:
        raise InvalidInput(
            f"Bad request: step {step_id!r} is in {script.language[:60]!r}: one of {', '.join(SCRIPT_LANGUAGES)} "
            "is expected"
        )
    checked_text(script.content, f"the code of step {step_id!r}", MAX_CODE_LENGTH)
    try:
        return read_code(script.language, script.content, path, None).imports
    except InvalidInput as error:
        reason = error.message.removeprefix("Bad request: ")
        raise InvalidInput(f"Bad request: step {step_id!r}: {reason}") from None


def imports_scripts(language: str, content: str, path: str) -> bool:
    """Whether the code of a step imports deployed scripts, so that its lock depends on theirs."""
    reader = READERS.get(language)
    return reader is not None and bool(reader.imports(content, path, {}))


def checked_flow_settings(new: NewFlow, subject: Subject) -> FlowSettings:
    """The settings of the runs; raises InvalidInput for values without sense."""
    values = {
        name: getattr(new, name)
        for name in FlowSettings.__struct_fields__
        if getattr(new, name) is not None and name not in ("on_behalf_of", "on_behalf_of_email")
    }
    if "tag" in values:
        values["tag"] = checked_tag(values["tag"])
    if not 0 <= values.get("priority", 0) <= 100:
        raise InvalidInput("Bad request: priority must be between 0 and 100")
    if values.get("timeout", 1) <= 0:
        del values["timeout"]
    elif values.get("timeout", 1) > LARGEST_INT:
        raise InvalidInput(f"Bad request: timeout is larger than {LARGEST_INT}")
    for label in values.get("labels", ()):
        checked_text(label, "labels", 500)
    return FlowSettings(**values, **checked_identity(new, subject))
