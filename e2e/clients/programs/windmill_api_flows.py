"""Flows, runs of flows and approvals, parsed by the strict generated client. Arguments: a run that ended, one that
waits, its step that asks, a version of ``u/admin/greet``."""

import importlib
import json
import os
import sys

from windmill_api.client import AuthenticatedClient

ended, waiting, step, version = sys.argv[1:]
client = AuthenticatedClient(
    base_url=os.environ["BASE_INTERNAL_URL"] + "/api",
    token=os.environ["WM_TOKEN"],
    raise_on_unexpected_status=False,
)
W = {"workspace": "main"}
GREET = {**W, "path": "u/admin/greet"}
calls = [
    ("flow.list_flows", W),
    ("flow.get_flow_by_path", GREET),
    ("flow.get_flow_version", {**W, "version": int(version)}),
    ("flow.get_flow_history", GREET),
    ("flow.get_flow_latest_version", GREET),
    ("flow.get_flow_deployment_status", GREET),
    ("flow.exists_flow_by_path", GREET),
    ("flow.list_search_flow", W),
    ("job.get_job", {**W, "id": ended}),
    ("job.get_job", {**W, "id": waiting}),
    ("job.get_completed_job", {**W, "id": ended}),
    ("job.get_completed_job_result_maybe", {**W, "id": ended}),
    ("job.get_job_updates", {**W, "id": waiting}),
    ("job.get_resume_urls", {**W, "id": step, "resume_id": 5}),
    ("job.list_jobs", W),
]
told = {}
for name, arguments in calls:
    key = f"{name} {arguments.get('id', '')}".strip()
    try:
        module = importlib.import_module(f"windmill_api.api.{name}")
        response = module.sync_detailed(client=client, **arguments)
        told[key] = [int(response.status_code), type(response.parsed).__name__]
    except Exception as error:
        told[key] = [0, f"{type(error).__name__}: {error}"]
print(json.dumps(told))
