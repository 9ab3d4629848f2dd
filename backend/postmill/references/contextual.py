"""Contextual variables: what a job finds in its environment, besides what the workspace adds."""

from collections.abc import Mapping

CONTEXTUAL_VARIABLES: Mapping[str, str] = {
    "WM_WORKSPACE": "Workspace id of the current job",
    "WM_TOKEN": "Token of the current job, with the rights of the identity it runs as; valid until the job ends",
    "WM_EMAIL": "E-mail address of the account that started the current job",
    "WM_USERNAME": "User name of who started the current job",
    "WM_BASE_URL": "Address of this instance",
    "WM_JOB_ID": "Id of the current job",
    "WM_SCHEDULED_FOR": "Time for which the current job was scheduled, RFC 3339 in UTC",
    "WM_JOB_PATH": "Path of the script or flow that runs",
    "WM_FLOW_JOB_ID": "Id of the flow job that the current job is a step of",
    "WM_ROOT_FLOW_JOB_ID": "Id of the outermost flow job that the current job belongs to",
    "WM_ROOT_JOB_ID": "Id of the outermost job that the current job belongs to",
    "WM_FLOW_PATH": "Path of the flow that the current job is a step of",
    "WM_SCHEDULE_PATH": "Path of the schedule that started the current job",
    "WM_PERMISSIONED_AS": "Identity whose rights the current job has, for instance u/alice or g/team",
    "WM_STATE_PATH": "Path of the resource that holds the state of the script for its trigger",
    "WM_STATE_PATH_NEW": "Path of the resource that holds the state of the script for its trigger",
    "WM_FLOW_STEP_ID": "Id of the step inside its flow",
    "WM_OBJECT_PATH": "Path for uploads of the current job that no other job has",
    "WM_WORKER_GROUP": "Group of the worker that runs the current job",
    "WM_RUNNABLE_ID": "Hash of the version that runs",
    "WM_END_USER_EMAIL": "E-mail address of the end user behind an application",
    "WM_TESTED_RUNNABLE": "Path of the runnable that a test tests",
}
"""Name to description, in the order in which they are shown."""


def is_reserved(name: str) -> bool:
    """Names that a workspace may not give to its own variables."""
    return name.startswith("WM_") or name in {
        "BASE_INTERNAL_URL",
        "BASE_URL",
        "PATH",
        "HOME",
        "LANG",
        "TMPDIR",
    }
