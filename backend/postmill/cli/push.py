"""Deploy a folder of scripts and flows, in the file format of ``wmill sync``, through the public API.

A script is its code (``f/team/report.py``) with settings beside it (``f/team/report.script.yaml`` or ``.json``), a flow
as in ``cli/local_flows``. Folders are made where they are missing; what is already deployed unchanged is left alone.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from postmill.cli.documents import ENDINGS, INLINE, PushFailed, inline, read_document
from postmill.cli.local_flows import LocalFlow, read_flows
from postmill.languages.registry import LANGUAGES

# Where languages share an extension, the first of the registry is meant.
BY_EXTENSION = {f".{language.extension}": language.name for language in reversed(LANGUAGES)}
META_SUFFIX = ".script"
LOCK_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class LocalScript:
    """A script in the folder: its path in the workspace and the body that deploys it."""

    path: str
    body: dict[str, Any]


def read_scripts(folder: Path) -> list[LocalScript]:
    """The scripts below the folder; raises PushFailed for settings without code or unreadable settings."""
    if not folder.is_dir():
        raise PushFailed(f"{folder} is not a folder.")
    metas = [meta for ending in ENDINGS for meta in folder.rglob(f"*{META_SUFFIX}{ending}")]
    return [_read_script(folder, meta) for meta in sorted(metas)]


def _read_script(folder: Path, meta: Path) -> LocalScript:
    stem = meta.name.removesuffix(meta.suffix).removesuffix(META_SUFFIX)
    suffix = next((suffix for suffix in BY_EXTENSION if meta.with_name(stem + suffix).exists()), None)
    if suffix is None:
        raise PushFailed(f"{meta} has no code beside it: {stem}.py or {stem}.sh is expected.")
    settings = read_document(meta)
    if isinstance(lock := settings.get("lock"), str) and lock.startswith(INLINE):
        settings["lock"] = inline(lock, folder)
    path = str(meta.with_name(stem).relative_to(folder))
    defaults = {"summary": "", "description": "", "language": BY_EXTENSION[suffix], "auto_parent": True}
    code = meta.with_name(stem + suffix).read_text()
    return LocalScript(path, {**defaults, **settings, "path": path, "content": code})


class Workspace:
    """The few routes of the API that a push needs."""

    def __init__(self, client: httpx.Client, workspace: str) -> None:
        self._client = client
        self._base = f"/api/w/{workspace}"

    def has_folder(self, name: str) -> bool:
        return bool(self._send("GET", f"/folders/exists/{name}").json())

    def create_folder(self, name: str) -> None:
        self._send("POST", "/folders/create", {"name": name})

    def deploy(self, script: LocalScript) -> str:
        """Deploy, and answer the version's hash once its lock is there."""
        response = self._send("POST", "/scripts/create?skip_if_noop=true", script.body)
        version = response.text.strip().strip('"')
        self._wait_for_lock(script.path, version)
        return version

    def deploy_flow(self, flow: LocalFlow) -> str:
        """Deploy, and answer the version once the locks of its code are there."""
        if self._send("GET", f"/flows/exists/{flow.path}").json():
            self._send("POST", f"/flows/update/{flow.path}?skip_if_noop=true", flow.body)
        else:
            self._send("POST", "/flows/create", flow.body)
        deployed = self._send("GET", f"/flows/get/{flow.path}").json()
        job = self._send("GET", f"/flows/deployment_status/p/{flow.path}").json().get("job_id")
        deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
        while job is not None:
            if self._send("GET", f"/jobs_u/completed/get_result_maybe/{job}").json()["completed"]:
                break
            if time.monotonic() > deadline:
                raise PushFailed(f"{flow.path}: its code was not locked within {LOCK_TIMEOUT_SECONDS:.0f} s.")
            time.sleep(0.2)
        status = self._send("GET", f"/flows/deployment_status/p/{flow.path}").json()
        if status.get("lock_error_logs"):
            raise PushFailed(f"{flow.path}: {status['lock_error_logs']}")
        return str(deployed["version_id"])

    def _wait_for_lock(self, path: str, version: str) -> None:
        deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
        while True:
            status = self._send("GET", f"/scripts/deployment_status/h/{version}").json()
            if status.get("lock") is not None:
                return
            if status.get("lock_error_logs"):
                raise PushFailed(f"{path}: {status['lock_error_logs']}")
            if time.monotonic() > deadline:
                raise PushFailed(
                    f"{path}: its dependencies were not locked within {LOCK_TIMEOUT_SECONDS:.0f} s."
                )
            time.sleep(0.2)

    def _send(self, method: str, route: str, body: Any = None) -> httpx.Response:
        try:
            response = self._client.request(method, self._base + route, json=body)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise PushFailed(f"{self._client.base_url} does not answer: {error}") from None
        if response.is_error:
            raise PushFailed(
                f"{method} {self._base}{route} answered {response.status_code}: {response.text[:500]}"
            )
        if method == "GET" and not response.headers.get("content-type", "").startswith("application/json"):
            raise PushFailed(f"What answers at {self._client.base_url} is no Postmill.")
        return response


def push(folder: Path, base_url: str, workspace: str, token: str) -> list[tuple[str, str]]:
    """Deploy every script below the folder, libraries before the scripts that import them, then the flows.

    Answers (path, version) in the order of deployment; raises PushFailed.
    """
    headers = {"authorization": f"Bearer {token}"}
    deployed = []
    with httpx.Client(base_url=base_url.rstrip("/"), headers=headers, timeout=60) as client:
        target = Workspace(client, workspace)
        scripts = read_scripts(folder)
        flows = read_flows(folder)
        if not scripts and not flows:
            raise PushFailed(
                f"{folder} holds nothing to deploy: a script is CODE.py or CODE.sh with CODE{META_SUFFIX}.yaml "
                "beside it, a flow NAME.flow.json or NAME.flow/flow.yaml."
            )
        paths = [script.path for script in scripts] + [flow.path for flow in flows]
        for name in sorted({path.split("/")[1] for path in paths if path.startswith("f/")}):
            if not target.has_folder(name):
                target.create_folder(name)
        for script in importers_last(scripts):
            version = target.deploy(script)
            print(f"{script.path}  {version}", file=sys.stderr)
            deployed.append((script.path, version))
        for flow in flows:
            version = target.deploy_flow(flow)
            print(f"{flow.path}  {version}", file=sys.stderr)
            deployed.append((flow.path, version))
    return deployed


def importers_last(scripts: list[LocalScript]) -> list[LocalScript]:
    """Scripts ordered so that one stands behind those whose path its code names; a cycle keeps its order."""
    modules = {script.path: script.path.replace("/", ".") for script in scripts}
    ordered: list[LocalScript] = []
    waiting = list(scripts)
    while waiting:
        paths = {script.path for script in waiting}
        free = [
            script
            for script in waiting
            if not any(
                modules[path] in script.body["content"] or f'{path}"' in script.body["content"]
                for path in paths - {script.path}
            )
        ]
        step = free or waiting
        ordered += step
        waiting = [script for script in waiting if script not in step]
    return ordered
