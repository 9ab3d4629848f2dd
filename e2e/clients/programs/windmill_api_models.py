"""Every operation of ours that the strict generated client can parse, parsed by it. Arguments: job ids and a hash."""

import importlib
import json
import os
import sys

from windmill_api.client import AuthenticatedClient

ended, failed, waiting, version = sys.argv[1:]
client = AuthenticatedClient(
    base_url=os.environ["BASE_INTERNAL_URL"] + "/api",
    token=os.environ["WM_TOKEN"],
    raise_on_unexpected_status=False,
)
W = {"workspace": "main"}
calls = [
    ("job.list_jobs", W),
    ("job.list_queue", W),
    ("job.list_completed_jobs", W),
    ("job.list_filtered_jobs_uuids", W),
    ("job.list_filtered_queue_uuids", W),
    ("job.get_queue_count", W),
    ("job.get_completed_count", W),
    ("job.count_completed_jobs", W),
    ("job.count_jobs_by_tag", {}),
    ("job.get_db_clock", {}),
    ("job.get_queue_position", {**W, "scheduled_for": 0}),
    ("job.get_scheduled_for", {**W, "id": waiting}),
    *(("job.get_job", {**W, "id": id}) for id in (ended, failed, waiting)),
    *(("job.get_completed_job", {**W, "id": id}) for id in (ended, failed)),
    ("job.get_completed_job_result", {**W, "id": ended}),
    ("job.get_completed_job_result_maybe", {**W, "id": ended}),
    ("job.get_completed_job_timing", {**W, "id": ended}),
    ("job.get_job_args", {**W, "id": ended}),
    ("job.get_job_updates", {**W, "id": ended}),
    ("job.get_root_job_id", {**W, "id": ended}),
    ("job.get_oldest_job", W),
    ("job.export_queued_jobs", W),
    ("helpers.load_file_metadata", {**W, "file_key": "rows.csv"}),
    ("helpers.load_file_preview", {**W, "file_key": "rows.csv"}),
    ("worker.list_workers", {}),
    ("worker.ge_default_tags", {}),
    ("worker.get_custom_tags", {}),
    ("worker.is_default_tags_per_workspace", {}),
    ("worker.get_queue_metrics", {}),
    ("worker.get_counts_of_jobs_waiting_per_tag", {}),
    ("worker.get_counts_of_running_jobs_per_tag", {}),
    ("worker.exists_workers_with_tags", {"tags": "python3,absent"}),
    ("config.list_worker_groups", {}),
    ("config.list_configs", {}),
    ("concurrency_groups.list_concurrency_groups", {}),
    ("concurrency_groups.list_extended_jobs", W),
    ("metrics.get_job_progress", {**W, "id": ended}),
    ("script.get_script_by_path", {**W, "path": "u/admin/add"}),
    ("script.get_script_by_hash", {**W, "hash_": version}),
    ("script.list_scripts", W),
    ("script.exists_script_by_path", {**W, "path": "u/admin/add"}),
    ("script.get_script_history_by_path", {**W, "path": "u/admin/add"}),
    ("script.get_script_deployment_status", {**W, "hash_": version}),
    ("variable.list_variable", W),
    ("variable.get_variable", {**W, "path": "u/admin/known"}),
    ("variable.exists_variable", {**W, "path": "u/admin/known"}),
    ("variable.list_contextual_variables", W),
    ("resource.list_resource", W),
    ("resource.get_resource", {**W, "path": "u/admin/thing"}),
    ("resource.exists_resource", {**W, "path": "u/admin/thing"}),
    ("resource.list_resource_type", W),
    ("user.global_whoami", {}),
    ("user.whoami", W),
    ("user.list_users", W),
    ("user.list_tokens", {}),
    ("user.get_user", {**W, "username": "admin"}),
    ("workspace.list_workspaces", {}),
    ("workspace.list_user_workspaces", {}),
    ("workspace.get_settings", W),
    ("workspace.get_public_settings", W),
    ("workspace.list_pending_invites", W),
    ("folder.list_folders", W),
    ("folder.list_folder_names", W),
    ("group.list_groups", W),
    ("group.get_group", {**W, "name": "all"}),
    ("audit.list_audit_logs", W),
]
told = {}
for name, arguments in calls:
    module = importlib.import_module(f"windmill_api.api.{name}")
    try:
        response = module.sync_detailed(client=client, **arguments)
        told[f"{name} {arguments.get('id', '')}".strip()] = [
            int(response.status_code),
            type(response.parsed).__name__,
        ]
    except Exception as error:
        told[name] = [0, f"{type(error).__name__}: {error}"]
print(json.dumps(told))
