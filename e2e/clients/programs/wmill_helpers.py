"""What a script does with ``wmill``: runs, results, variables, resources, state, identity."""

import json

import wmill

client = wmill.Windmill()
told = {}

told["version"] = wmill.get_version()
told["whoami"] = wmill.whoami()["email"]

told["sync"] = wmill.run_script("u/admin/add", args={"a": 2, "b": 3})
job_id = wmill.run_script_async("u/admin/add", args={"a": 20, "b": 3})
told["waited"] = client.wait_job(job_id)
told["status"] = wmill.get_job_status(job_id)
told["result"] = wmill.get_result(job_id)
told["root"] = wmill.get_root_job_id(job_id) == job_id
told["job"] = wmill.get_job(job_id)["type"]
version = wmill.get_job(job_id)["script_hash"]
told["by_hash"] = wmill.run_script_by_hash(version, args={"a": 1, "b": 1})
told["by_path"] = wmill.run_script_by_path("u/admin/add", args={"a": 1, "b": 2})
told["inline"] = client.run_inline_script_preview("def main(x: int):\n    return x * 2", "python3", {"x": 21})

try:
    wmill.run_script("u/admin/broken")
except Exception as error:
    told["failure"] = str(error)

later = wmill.run_script_async("u/admin/add", args={"a": 1, "b": 1}, scheduled_in_secs=600)
told["waiting"] = wmill.get_job_status(later)
wmill.cancel_job(later, "not needed")
told["canceled"] = wmill.get_job(later)["canceled"]

wmill.set_variable("u/admin/plain", "one")
wmill.set_variable("u/admin/plain", "two")
wmill.set_variable("u/admin/secret", "s3cret", is_secret=True)
told["variables"] = [wmill.get_variable("u/admin/plain"), wmill.get_variable("u/admin/secret")]

wmill.set_resource("u/admin/service", {"url": "http://x", "key": "$var:u/admin/secret"}, "any")
told["resource"] = wmill.get_resource("u/admin/service")
wmill.set_resource("u/admin/service", {"url": "http://y"}, "any")
told["resource_again"] = wmill.get_resource("u/admin/service")
told["resources"] = [item["path"] for item in wmill.list_resources(resource_type="any")]

bucket = {
    "bucket": "b",
    "region": "eu",
    "endPoint": "x.org",
    "useSSL": True,
    "accessKey": "k",
    "pathStyle": True,
}
wmill.set_resource("u/admin/bucket", {**bucket, "secretKey": "$var:u/admin/secret"}, "s3")
told["bucket"] = [
    "SET s3_secret_access_key='s3cret';" in str(client.get_duckdb_connection_settings("u/admin/bucket")),
    client.get_polars_connection_settings("$res:u/admin/bucket")["storage_options"]["aws_endpoint_url"],
    client.get_boto3_connection_settings("u/admin/bucket")["aws_secret_access_key"],
]

wmill.set_state({"n": 1}, path="u/admin/state")
told["state"] = wmill.get_state(path="u/admin/state")

wmill.set_progress(40, job_id=job_id)
told["progress"] = wmill.get_progress(job_id=job_id)
told["email"] = wmill.username_to_email("admin")
told["token"] = client.create_token() != ""

print(json.dumps(told))
