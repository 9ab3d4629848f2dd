"""What is shown of a run to people without an account, and who may allow it. Pure."""

from collections.abc import Mapping
from typing import Any

from postmill.access.policy import is_bypassing
from postmill.access.scopes import allows
from postmill.kernel.errors import InvalidInput, PermissionDenied
from postmill.model.job_record import JobRecord
from postmill.model.subject import Subject

_RUN = (
    "id", "type", "job_kind", "script_path", "language", "created_at", "scheduled_for", "started_at", "completed_at",
    "duration_ms", "running", "suspend", "waiting_for", "success", "is_skipped", "canceled", "deleted",
)  # fmt: skip
_STATUS_OF_STEP = (
    "type", "id", "job", "count", "progress", "flow_jobs", "flow_jobs_success", "flow_jobs_duration", "branch_chosen",
    "branchall", "parallel", "while_loop", "skipped",
)  # fmt: skip
_SPECIAL_STEPS = ("failure_module", "preprocessor_module")


def may_share(subject: Subject, run: JobRecord) -> bool:
    """Who started the run, and admins; never the code of a job, whose token cannot hand on more than it has."""
    if subject.is_anonymous or subject.is_job or subject.read_only:
        return False
    if not allows(subject.scopes, "jobs", "write", None):
        return False
    return is_bypassing(subject) or run.created_by == subject.username


def require_may_share(subject: Subject, run: JobRecord) -> None:
    """Raises PermissionDenied for people whose run it is not, InvalidInput for a part of a run."""
    if not may_share(subject, run):
        raise PermissionDenied("Permission denied: who started the run and admins may show it to others")
    if run.parent_job is not None:
        raise InvalidInput("Bad request: this is a step: share the run that it belongs to")


def public_run(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Of a job's record: what happened and when, not as whom, where, or with which code."""
    return _kept(shown, _RUN)


def public_status(status: Mapping[str, Any]) -> dict[str, Any]:
    """Of a flow's status: where its steps stand, without the items of loops, approvers and values of scripts."""
    kept: dict[str, Any] = {
        "step": status.get("step", 0),
        "modules": [_kept(step, _STATUS_OF_STEP) for step in status.get("modules", ())],
    }
    for name in _SPECIAL_STEPS:
        if status.get(name):
            kept[name] = _kept(status[name], _STATUS_OF_STEP)
    return kept


def public_flow(flow: Mapping[str, Any]) -> dict[str, Any]:
    """Of a flow: its shape and the names of its steps, without code, inputs, expressions and settings."""
    kept: dict[str, Any] = {"modules": _steps(flow.get("modules"))}
    for name in _SPECIAL_STEPS:
        if flow.get(name):
            kept[name] = _step(flow[name])
    return kept


def _steps(modules: Any) -> list[dict[str, Any]]:
    return [_step(module) for module in modules or ()]


def _step(module: Mapping[str, Any]) -> dict[str, Any]:
    shown = _kept(module, ("id", "summary"))
    shown["value"] = _value(module.get("value") or {})
    if module.get("suspend"):
        shown["suspend"] = _kept(module["suspend"], ("required_events",))
    return shown


def _value(value: Mapping[str, Any]) -> dict[str, Any]:
    kind = value.get("type")
    shown = _kept(value, ("type", "path", "language", "parallel", "skip_failures"))
    if kind == "rawscript":
        shown |= {"content": "", "input_transforms": {}}
    elif kind in ("script", "flow"):
        shown["input_transforms"] = {}
    elif kind == "forloopflow":
        shown["iterator"] = {"type": "hidden"}
    if "modules" in value:
        shown["modules"] = _steps(value["modules"])
    if "branches" in value:
        shown["branches"] = [
            {**_kept(branch, ("summary",)), "expr": "", "modules": _steps(branch.get("modules"))}
            for branch in value["branches"]
        ]
    if "default" in value:
        shown["default"] = _steps(value["default"])
    return shown


def _kept(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
