"""Scripts that misbehave are contained, and their runs say why they ended."""

import pytest
from platform_process import RUN_SECONDS, Platform, eventually

PYTHON = {
    "broken syntax": ("def main(:\n", ["SyntaxError", "syntax"]),
    "no main": ("x = 1\n", ["main"]),
    "not JSON": (
        "def main():\n    loop = []\n    loop.append(loop)\n    return loop\n",
        ["circular", "JSON", "recursion"],
    ),
    "raises": ("def main():\n    raise ValueError('said so')\n", ["said so"]),
    "exits": ("import os\n\ndef main():\n    os._exit(7)\n", ["7"]),
    "kills itself": (
        "import os, signal\n\ndef main():\n    os.kill(os.getpid(), signal.SIGKILL)\n",
        ["kill", "signal", "9"],
    ),
    "memory": (
        "def main():\n    held = []\n    while True:\n        held.append(bytearray(50_000_000))\n",
        ["memory"],
    ),
    "forks": (
        "import os, time\n\ndef main():\n    while True:\n        try:\n"
        "            if os.fork() == 0:\n                time.sleep(600)\n"
        "        except OSError as error:\n            raise SystemExit(f'contained: {error}')\n",
        ["contained", "process"],
    ),
    "ignores SIGTERM": (
        "import signal, time\n\ndef main():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(600)\n",
        ["timed out after 2 s"],
    ),
    "platform's files": (
        "import pathlib\n\ndef main():\n    found = []\n    for name in ('environ', 'cmdline'):\n"
        "        for pid in pathlib.Path('/proc').glob('[0-9]*'):\n            try:\n"
        "                found.append((pid / name).read_bytes().decode(errors='replace'))\n"
        "            except OSError:\n                pass\n"
        "    text = ' '.join(found)\n    leaked = 'POSTMILL_' in text or 'postgres://' in text\n"
        "    raise SystemExit('leaked' if leaked else 'nothing found')\n",
        ["nothing found"],
    ),
}  # fmt: skip


# Seconds after which a run is ended; what waits for its limit waits less.
LIMITS = {"ignores SIGTERM": 2}


def failure(platform: Platform, code: str, limit: int) -> str:
    """The error of a run that must fail, as text; or why the request was refused."""
    body = {"content": code, "language": "python3", "args": {}, "path": "u/admin/hostile"}
    started = platform.http.post("/w/main/jobs/run/preview", json=body, params={"timeout": limit})
    if started.status_code == 400:
        return started.text
    job = platform.wait_for(started.text, RUN_SECONDS)
    assert not job["success"], job
    return str(job["result"])


@pytest.mark.parametrize("name", PYTHON)
def test_python_that_misbehaves(platform: Platform, name: str) -> None:
    code, words = PYTHON[name]
    said = failure(platform, code, LIMITS.get(name, 120))
    assert any(word.lower() in said.lower() for word in words), said
    assert platform.post(
        "jobs/run_wait_result/preview", {"content": "def main():\n    return 1", "language": "python3", "args": {}}
    ).json() == 1  # fmt: skip


def test_a_flood_of_log_lines_is_cut_with_a_notice(platform: Platform) -> None:
    code = "def main():\n    for _ in range(400_000):\n        print('x' * 99)\n    return 'done'\n"
    body = {"content": code, "language": "python3", "args": {}}
    job = platform.wait_for(platform.post("jobs/run/preview", body).text)
    log = platform.text(f"jobs_u/get_logs/{job['id']}")
    assert len(log) < 12 * 1024**2
    assert "limit" in log.lower() or "cut" in log.lower() or "truncated" in log.lower() or not job["success"]


def test_bytes_that_are_no_text_are_replaced(platform: Platform) -> None:
    code = r"printf 'a\xff\x00b\n'; echo end"
    body = {"content": code, "language": "bash", "args": {}}
    job = platform.wait_for(platform.post("jobs/run/preview", body).text)
    assert (job["success"], job["result"]) == (True, "end")
    assert "�" in job["logs"]
    assert "\0" not in job["logs"]


def test_a_daemon_does_not_outlive_its_run(platform: Platform) -> None:
    code = "(trap '' HUP TERM; exec -a daemon-of-the-test sleep 600) & disown\necho started"
    job = platform.wait_for(
        platform.post("jobs/run/preview", {"content": code, "language": "bash", "args": {}}).text
    )
    assert (job["success"], job["result"]) == (True, "started")
    # A result may be there before the last of its processes is gone.
    eventually(lambda: not platform.process.children_running("daemon-of-the-test"))


def test_dependencies_that_cannot_be_resolved_say_so_in_the_resolvers_words(platform: Platform) -> None:
    code = "import definitely_not_a_package_of_anybody\n\ndef main():\n    return 1\n"
    version = platform.post(
        "scripts/create",
        {
            "path": "u/admin/unresolvable",
            "content": code,
            "language": "python3",
            "summary": "",
            "description": "",
        },
    ).text
    status: dict = {}

    def settled() -> bool:
        status.update(platform.get(f"scripts/deployment_status/h/{version}"))
        return bool(status.get("lock_error_logs"))

    eventually(settled, RUN_SECONDS)
    assert "definitely" in status["lock_error_logs"]
    refused = platform.http.post("/w/main/jobs/run/p/u/admin/unresolvable", json={})
    assert refused.status_code == 400
    assert "dependencies" in refused.text
