"""Routes for the configuration of worker groups. The wire names of groups start with ``worker__``."""

from typing import Any

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.context import Part
from postmill.http.operation import Operation
from postmill.http.responses import as_json, counted, raw_json, text
from postmill.kernel import json
from postmill.languages.python.interpreters import Interpreters
from postmill.queue import fleet

INTERPRETERS = Part(lambda _context: Interpreters())
PREFIX = "worker__"


async def list_groups(call: Call) -> Response:
    groups = await fleet.list_groups(call.context.pool)
    shown = str if call.subject.is_superadmin else fleet.without_values
    return as_json([{"name": name, "config": msgspec.Raw(shown(config).encode())} for name, config in groups])


async def list_configs(call: Call) -> Response:
    groups = await fleet.list_groups(call.context.pool)
    return as_json(
        [{"name": PREFIX + name, "config": msgspec.Raw(config.encode())} for name, config in groups]
    )


async def get_config(call: Call) -> Response:
    return raw_json(await fleet.get_group(call.context.pool, _group(call)))


async def update_config(call: Call) -> Response:
    group, config = _group(call), await call.json(Any)
    fleet.require_config(config)
    await fleet.put_group(call.context.pool, call.subject, group, json.encode_text(config))
    return text(f"worker group {group} updated")


async def delete_config(call: Call) -> Response:
    group = _group(call)
    await fleet.remove_group(call.context.pool, call.subject, group)
    return text(f"worker group {group} deleted")


async def restart_group(call: Call) -> Response:
    group = _group(call, "worker_group")
    asked = await fleet.restart_group(call.context.pool, call.subject, group)
    return text(f"asked {counted(len(asked), 'worker')} of the group {group} to restart")


async def python_versions(call: Call) -> Response:
    found = await INTERPRETERS.of(call.context).found()
    return as_json([one.minor for one in found])


def _group(call: Call, parameter: str = "name") -> str:
    name = call.raw_path(parameter).removeprefix(PREFIX)
    fleet.require_group_name(name)
    return name


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listAvailablePythonVersions", "GET", "/configs/list_available_python_versions", python_versions,
        "login:configs:read", ("config",), "The versions of Python on the machine of this server",
        returns=list[str],
    ),
    Operation(
        "listWorkerGroups", "GET", "/configs/list_worker_groups", list_groups, "login:configs:read", ("config",),
        "The worker groups and what they serve", returns=list,
    ),
    Operation(
        "listConfigs", "GET", "/configs/list", list_configs, "superadmin:configs:read", ("config",),
        "The configs of the worker groups", returns=list,
    ),
    Operation(
        "getConfig", "GET", "/configs/get/{name}", get_config, "superadmin:configs:read", ("config",),
        "The config of a worker group", returns=dict,
    ),
    Operation(
        "updateConfig", "POST", "/configs/update/{name}", update_config, "superadmin:configs:write", ("config",),
        "Create or replace the config of a worker group", body=dict, returns=str,
    ),
    Operation(
        "restartWorkerGroup", "POST", "/settings/restart_worker_group/{worker_group}", restart_group, "superadmin",
        ("setting",), "Have the workers of a group end their jobs and start anew", returns=str,
    ),
    Operation(
        "deleteConfig", "DELETE", "/configs/update/{name}", delete_config, "superadmin:configs:write",
        ("config",), "Remove the config of a worker group", returns=str,
    ),
)  # fmt: skip
