"""Runs from end to end: started in every way, with everything that a script's settings promise."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
from platform_process import RUN_SECONDS, WAIT_AT_GATE, Gate, Platform, eventually


def payload(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def events(response: httpx.Response) -> Iterator[dict]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_a_webhook_with_the_token_in_header_cookie_or_query(platform: Platform) -> None:
    platform.deploy("u/admin/echo", "def main(who: str = 'nobody'):\n    return f'hello {who}'\n")
    address = f"{platform.address}/api/w/main/jobs/run_wait_result/p/u/admin/echo"
    for headers, query in (
        ({"authorization": f"Bearer {platform.token}"}, {}),
        ({"cookie": f"token={platform.token}"}, {}),
        ({}, {"token": platform.token}),
    ):
        answer = httpx.post(address, json={"who": "Ada"}, headers=headers, params=query, timeout=RUN_SECONDS)
        assert (answer.status_code, answer.json()) == (200, "hello Ada")
        got = httpx.get(
            address,
            headers=headers,
            params={**query, "payload": payload({"who": "Bob"})},
            timeout=RUN_SECONDS,
        )
        assert (got.status_code, got.json()) == (200, "hello Bob")
    assert httpx.post(address, json={}, timeout=RUN_SECONDS).status_code == 401
    form = httpx.post(address, data={"who": "Eve"}, params={"token": platform.token}, timeout=RUN_SECONDS)
    assert form.json() == "hello Eve"


def test_a_preprocessor_sees_the_request_and_main_its_result(platform: Platform) -> None:
    platform.deploy(
        "u/admin/hooked",
        "def preprocessor(event):\n"
        "    return {'kind': event['kind'], 'n': event['body']['n'], 'q': event['query']['q']}\n\n"
        "def main(kind: str, n: int, q: str):\n    return [kind, n, q]\n",
    )
    assert platform.post("jobs/run_wait_result/p/u/admin/hooked", {"n": 7}, q="x").json() == [
        "webhook",
        7,
        "x",
    ]
    job = platform.get("jobs/completed/list", script_path_exact="u/admin/hooked")[0]
    assert platform.get(f"jobs_u/get/{job['id']}")["preprocessed"] is True
    direct = platform.post(
        "jobs/run_wait_result/p/u/admin/hooked", {"kind": "me", "n": 1, "q": "y"}, skip_preprocessor="true"
    )
    assert direct.json() == ["me", 1, "y"]


def test_generators_stream_while_they_run(platform: Platform) -> None:
    platform.deploy(
        "u/admin/stream",
        f"{WAIT_AT_GATE}\ndef main(n: int, gate: str):\n"
        "    for i in range(n):\n        yield f'part {i}\\n'\n        wait_at(gate)\n",
    )
    gate = Gate(platform)
    address, args = "/w/main/jobs/run_and_stream/p/u/admin/stream", {"n": 4, "gate": gate.path}
    seen = []
    with platform.http.stream("POST", address, json=args, params={"timeout": 60}) as response:
        for event in events(response):
            seen.append(event)
            if "part 0" in event.get("new_result_stream", ""):
                gate.open()
    parts = [event["new_result_stream"] for event in seen if event.get("new_result_stream")]
    assert "".join(parts) == "".join(f"part {i}\n" for i in range(4))
    assert len(parts) >= 2, "the stream came only at the end"
    assert seen[-1]["only_result"] == "".join(parts)


def test_a_job_uses_the_platform_with_its_own_rights(platform: Platform) -> None:
    platform.post("variables/create", {"path": "u/admin/key", "value": "s3cr3t-value", "is_secret": True})
    platform.deploy("u/admin/called", "def main(n: int):\n    return n + 1\n")
    platform.deploy(
        "u/admin/caller",
        "import wmill\n\n"
        "def main(n: int):\n"
        "    print('the key is', wmill.get_variable('u/admin/key'))\n"
        "    wmill.set_progress(50)\n"
        "    seen = (wmill.get_state() or 0) + 1\n"
        "    wmill.set_state(seen)\n"
        "    called = wmill.run_script_by_path('u/admin/called', args={'n': n})\n"
        "    return {'called': called, 'seen': seen, 'wm_labels': ['x']}\n",
    )
    assert platform.run("u/admin/caller", {"n": 1})["seen"] == 1
    job = platform.wait_for(platform.start("u/admin/caller", {"n": 2}))
    assert job["result"] == {"called": 3, "seen": 2, "wm_labels": ["x"]}
    assert job["labels"] == ["x"]
    assert "the key is" in job["logs"]
    assert "s3cr3t-value" not in job["logs"]
    children = platform.get("jobs/list", parent_job=job["id"])
    assert [child["script_path"] for child in children] == ["u/admin/called"]
    assert platform.get(f"job_metrics/get_progress/{job['id']}") == 50


def test_scripts_import_each_other_and_follow_a_redeployed_library(platform: Platform) -> None:
    first = platform.deploy("u/admin/library", "def word():\n    return 'one'\n")
    platform.deploy(
        "u/admin/importer", "from u.admin.library import word\n\ndef main():\n    return word()\n"
    )
    assert platform.run("u/admin/importer") == "one"
    platform.deploy("u/admin/library", "def word():\n    return 'two'\n", parent_hash=first)
    eventually(lambda: platform.run("u/admin/importer") == "two")


def test_a_script_that_imports_what_its_runner_may_not_read_fails(platform: Platform) -> None:
    platform.post(
        "/users/create",
        {"email": "rita@example.com", "password": "correct horse battery", "super_admin": False},
    )
    platform.post(
        "workspaces/add_user",
        {"email": "rita@example.com", "username": "rita", "is_admin": False, "operator": False},
    )
    token = platform.http.post(
        "/auth/login", json={"email": "rita@example.com", "password": "correct horse battery"}
    ).text
    platform.deploy("u/admin/private", "def word():\n    return 'private'\n")
    platform.deploy("u/admin/shared", "from u.admin.private import word\n\ndef main():\n    return word()\n")
    platform.post("acls/add/script/u/admin/shared", {"owner": "u/rita", "write": False})
    rita = {"authorization": f"Bearer {token}"}
    answer = platform.http.post("/w/main/jobs/run_wait_result/p/u/admin/shared", json={}, headers=rita)
    assert answer.status_code == 422, answer.text
    assert "u/admin/private" in answer.text or "u.admin.private" in answer.text
    assert platform.run("u/admin/shared") == "private"


def test_the_settings_of_a_script_are_effective(platform: Platform) -> None:
    slow = "import time, os\n\ndef main(n: int = 0):\n    time.sleep(0.6)\n    return [n, time.time(), os.getpid()]\n"
    platform.deploy("u/admin/cached", slow, cache_ttl=60)
    assert platform.run("u/admin/cached", {"n": 1}) == platform.run("u/admin/cached", {"n": 1})
    assert platform.run("u/admin/cached", {"n": 1}) != platform.run("u/admin/cached", {"n": 2})

    platform.deploy("u/admin/limited", slow, concurrent_limit=1)
    ids = [platform.start("u/admin/limited", {"n": n}) for n in range(3)]
    ends = sorted(platform.wait_for(job_id)["result"][1] for job_id in ids)
    assert all(later - sooner > 0.5 for sooner, later in pairwise(ends))

    platform.deploy("u/admin/timed", "import time\n\ndef main():\n    time.sleep(600)\n", timeout=1)
    timed = platform.wait_for(platform.start("u/admin/timed"))
    assert not timed["success"]
    assert "1" in timed["result"]["error"]["message"]

    platform.deploy(
        "u/admin/forgotten", "def main(word: str):\n    print(word)\n    return word\n", delete_after_secs=0
    )
    job_id = platform.start("u/admin/forgotten", {"word": "unspeakable"})
    eventually(lambda: platform.get(f"jobs_u/get/{job_id}").get("deleted"))
    assert "unspeakable" not in json.dumps(platform.get(f"jobs_u/get/{job_id}"))

    platform.deploy(
        "u/admin/warm",
        "count = 0\n\ndef main():\n    global count\n    count += 1\n    return count\n",
        dedicated_worker=True,
    )
    counts = [platform.run("u/admin/warm") for _ in range(4)]
    assert counts[-1] > 1, "the process was not kept between runs"


def test_a_failed_run_is_tried_again_as_its_policy_says(platform: Platform) -> None:
    policy = json.dumps({"constant": {"attempts": 2, "seconds": 1}})
    platform.deploy(
        "u/admin/flaky",
        "import wmill\n\ndef main():\n"
        "    tries = (wmill.get_state() or 0) + 1\n    wmill.set_state(tries)\n"
        "    if tries < 3:\n        raise RuntimeError('not yet')\n    return tries\n",
    )
    job = platform.wait_for(platform.start("u/admin/flaky", {}, retry=policy))
    assert (job["success"], job["result"], job["is_retry"]) == (True, 3, True)


def test_a_run_in_the_future_starts_by_itself(platform: Platform) -> None:
    platform.deploy("u/admin/later", "echo later", "bash")
    asked = time.monotonic()
    job = platform.wait_for(platform.start("u/admin/later", {}, scheduled_in_secs=2))
    assert job["success"]
    assert time.monotonic() - asked >= 1.9


def test_a_caller_who_goes_away_ends_the_run(platform: Platform) -> None:
    platform.deploy("u/admin/endless", "import time\n\ndef main():\n    time.sleep(600)\n")
    request = (
        "POST /api/w/main/jobs/run_wait_result/p/u/admin/endless HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {platform.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    place = urlsplit(platform.address)
    with socket.create_connection((place.hostname, place.port)) as caller:
        caller.sendall(request.encode())
        eventually(lambda: platform.get("jobs/list", script_path_exact="u/admin/endless"))
        [job] = platform.get("jobs/list", script_path_exact="u/admin/endless")
        platform.wait_until_running(job["id"])
    ended = platform.wait_for(job["id"])
    assert ended["canceled"]
    assert "went away" in ended["canceled_reason"]


def test_worker_groups_serve_new_tags_within_seconds(platform: Platform) -> None:
    platform.deploy("u/admin/tagged", "echo tagged", "bash", tag="special-tag")
    job_id = platform.start("u/admin/tagged")
    default = platform.get("/configs/get/worker__default")
    tags = [*platform.get("/workers/get_default_tags"), "special-tag"]
    platform.post("/configs/update/worker__default", {**default, "worker_tags": tags})
    assert platform.wait_for(job_id)["success"]
    platform.post("/configs/update/worker__default", default)


def test_a_preview_imports_stored_code_before_what_is_deployed(platform: Platform) -> None:
    platform.deploy("u/admin/lib_kept", "def f():\n    return 'deployed'\n\ndef main():\n    pass\n")
    digest = platform.post("scripts/raw_temp/store", "def f():\n    return 'stored'\n").json()
    body = {
        "content": "from u.admin.lib_kept import f\n\ndef main(x: int):\n    return [f(), x]\n",
        "language": "python3", "args": {"x": 1}, "path": "u/admin/uses_it",
    }  # fmt: skip
    refs = {"u/admin/lib_kept": digest}
    for more, expected in (({}, "deployed"), ({"temp_script_refs": refs}, "stored"), ({}, "deployed")):
        assert platform.post("jobs/run_wait_result/preview", {**body, **more}).json() == [expected, 1]
    step = {"type": "rawscript", "content": body["content"], "language": "python3",
            "input_transforms": {"x": {"type": "javascript", "expr": "flow_input.x"}}}  # fmt: skip
    loop = {"type": "forloopflow", "iterator": {"type": "static", "value": [1]}, "skip_failures": False,
            "modules": [{"id": "b", "value": step}]}  # fmt: skip
    flow = {
        "value": {"modules": [{"id": "a", "value": loop}]},
        "args": {"x": 2},
        "path": "u/admin/uses_it_too",
    }
    for more, expected in (({}, "deployed"), ({"temp_script_refs": refs}, "stored")):
        assert platform.post("jobs/run_wait_result/preview_flow", {**flow, **more}).json() == [[expected, 2]]
    gone = {**body, "temp_script_refs": {"u/admin/lib_kept": "0" * 64}}
    answer = platform.http.post("/w/main/jobs/run_wait_result/preview", json=gone)
    assert answer.status_code == 422 and "store it again" in answer.text
    modules = {**body, "modules": {"a.py": {"content": "x = 1", "language": "python3"}}}
    answer = platform.http.post("/w/main/jobs/run/preview", json=modules)
    assert answer.status_code == 400 and "takes no modules" in answer.text
