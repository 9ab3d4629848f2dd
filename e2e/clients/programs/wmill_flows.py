"""What a program does with ``wmill`` and flows: run, wait, follow, resume. Argument: the path of a flow that asks."""

import json
import sys
import time

import wmill

asking = sys.argv[1]
client = wmill.Windmill()
told = {}

job_id = wmill.run_flow_async("u/admin/greet", {"name": "ada"}, do_not_track_in_parent=False)
told["waited"] = client.wait_job(job_id)
told["kind"] = client.get_job(job_id)["job_kind"]
told["steps"] = [module["type"] for module in client.get_job(job_id)["flow_status"]["modules"]]
told["root"] = wmill.get_root_job_id(job_id) == job_id

waiting = wmill.run_flow_async(asking, {}, do_not_track_in_parent=False)
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    status = client.get_job(waiting)["flow_status"]["modules"][1]
    if status["type"] == "WaitingForEvents":
        break
    time.sleep(0.05)
result = client.get_result(status["job"])
told["urls"] = sorted(result)
page = client.client.get(result["resume"].replace("/resume/", "/get_flow/")).json()
told["asked"] = page["approval"]["step_id"]
told["resumed"] = client.client.post(result["resume"], json={"ok": True}).status_code
told["result"] = client.wait_job(waiting)

print(json.dumps(told))
