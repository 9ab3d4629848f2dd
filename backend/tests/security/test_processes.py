"""What server, worker and job processes are started with, as they see it themselves."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.sandbox.conftest import RunPython, run_python

__all__ = ["run_python"]

FACTS = """
import json, os, resource
umask = os.umask(0o077)
print(json.dumps({
    "umask": umask,
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1],
    "file": resource.getrlimit(resource.RLIMIT_FSIZE)[1],
    "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
    "leads_its_session": os.getsid(0) == os.getpid(),
    "oom": int(open("/proc/self/oom_score_adj").read()),
}))
"""
PROTECTED = """
import ctypes, json, re
from postmill.main.protection import protect
protect()
PR_GET_DUMPABLE = 3
status = open("/proc/self/status").read()
print(json.dumps({
    "dumpable": ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
    "capabilities": re.findall(r"Cap(?:Prm|Eff|Bnd|Amb):\\t(\\w+)", status),
}))
"""


def own_oom_score() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())


async def test_a_job_leaves_no_core_shares_no_file_and_is_ended_before_its_worker(
    run_python: RunPython,
) -> None:
    printed = await run_python(FACTS)
    facts = json.loads(printed.text)
    assert facts["umask"] == 0o077
    assert facts["core"] == [0, 0]
    assert facts["leads_its_session"] is True
    assert facts["oom"] > own_oom_score()
    unlimited = -1
    assert unlimited not in (facts["processes"], facts["file"], facts["descriptors"])


def test_server_and_worker_close_their_memory_to_others() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROTECTED], capture_output=True, text=True, timeout=300, check=True
    )
    facts = json.loads(done.stdout)
    assert facts["dumpable"] == 0
    if os.geteuid() == 0:
        assert set(facts["capabilities"]) == {"0" * 16}
