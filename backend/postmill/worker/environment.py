"""The documented environment variables of a job. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec import to_builtins

from postmill.kernel.ids import format_hash
from postmill.model.flow_paths import NOWHERE, PlaceInFlow
from postmill.model.job import ClaimedJob

RESERVED = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "BASE_INTERNAL_URL", "BASE_URL"})


def own_variables(job: ClaimedJob, token: str, place: PlaceInFlow = NOWHERE) -> dict[str, str]:
    """Those that differ between two runs of the same version as the same identity."""
    job_id = str(job.id)
    own = {
        "WM_TOKEN": token,
        "WM_JOB_ID": job_id,
        "WM_SCHEDULED_FOR": _rfc3339(job.scheduled_for),
        "WM_OBJECT_PATH": object_path(job, place),
    }
    if job.root_job is None and job.parent_job is None:
        own["WM_ROOT_JOB_ID"] = job_id
    return own


def shared_variables(
    job: ClaimedJob,
    *,
    base_url: str,
    worker_group: str,
    place: PlaceInFlow,
    custom: Mapping[str, str],
) -> dict[str, str]:
    """All other documented variables, empty where they do not apply; ``custom`` ones never replace any."""
    flow = str(job.parent_job) if job.parent_job else ""
    root = str(job.root_job) if job.root_job else flow
    state = state_path(job, place)
    documented = {
        "WM_WORKSPACE": job.workspace_id,
        "WM_EMAIL": job.email,
        "WM_USERNAME": job.created_by,
        "WM_BASE_URL": base_url,
        "WM_JOB_PATH": job.path or "",
        "WM_FLOW_JOB_ID": flow,
        "WM_ROOT_FLOW_JOB_ID": root,
        "WM_ROOT_JOB_ID": root,
        "WM_FLOW_PATH": place.path,
        "WM_SCHEDULE_PATH": job.trigger or "" if job.trigger_kind == "schedule" else "",
        "WM_PERMISSIONED_AS": job.permissioned_as,
        "WM_STATE_PATH": state,
        "WM_STATE_PATH_NEW": state,
        "WM_FLOW_STEP_ID": place.step_id or "",
        "WM_WORKER_GROUP": worker_group,
        "WM_RUNNABLE_ID": format_hash(job.script_hash) if job.script_hash is not None else "",
        "WM_END_USER_EMAIL": job.end_user_email or "",
        "WM_TESTED_RUNNABLE": "",
        "BASE_INTERNAL_URL": base_url,
        "BASE_URL": base_url,
    }
    if job.entrypoint:
        documented["MAIN_OVERRIDE"] = job.entrypoint  # a task that is called in its own job runs in place
    if not custom:
        return documented
    return {**{name: value for name, value in custom.items() if _is_free(name)}, **documented}


def state_path(job: ClaimedJob, place: PlaceInFlow) -> str:
    """Where the script keeps its state: apart for each schedule's user, together for all other runs.

    The step of a flow has a state of its own, whatever it runs.
    """
    username = job.permissioned_as.removeprefix("u/").removeprefix("g/")
    trigger = username if job.trigger_kind == "schedule" else "user"
    if place.path:
        return f"{place.path}/{place.step_id or 'nostep'}_{trigger}"
    if not job.path:
        return f"u/{username}/tmp_state"  # noqa: S108 - a path of the workspace
    return f"{job.path}state/{trigger}" if job.path.endswith("/") else f"{job.path}/{trigger}"


def object_path(job: ClaimedJob, place: PlaceInFlow) -> str:
    """A path for uploads that no other job has."""
    started_by = job.trigger if job.trigger_kind == "schedule" and job.trigger else "manual"
    step = f"{place.step_id}/" if place.path and place.step_id else ""
    milliseconds = int(job.started_at.timestamp() * 1000)
    whole = (place.path or job.path or "preview").replace("/", "_")
    return f"{whole}/{started_by.replace('/', '_')}/{step}{milliseconds}_{job.id}"


def given_variables(lines: Iterable[str]) -> dict[str, str]:
    """Variables written as ``NAME=value``; lines of another form say nothing."""
    return {name: value for name, sign, value in (line.partition("=") for line in lines) if sign and name}


def _is_free(name: str) -> bool:
    return (
        bool(name)
        and "=" not in name
        and "\0" not in name
        and not name.startswith("WM_")
        and name not in RESERVED
    )


def _rfc3339(moment: datetime) -> str:
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text: str = to_builtins(moment)  # a quarter of what isoformat takes
    return f"{text[:19]}Z"
