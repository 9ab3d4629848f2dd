"""Routes for the configuration of worker groups. The wire names of groups start with ``worker__``."""

import re
from typing import Any

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, raw_json, text
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.queue import fleet

PREFIX = "worker__"
_GROUP_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$")
_TAG = re.compile(r"^[^\s,\x00-\x1f]{1,100}$")


async def list_groups(call: Call) -> Response:
    groups = await fleet.list_groups(call.context.pool)
    return as_json([{"name": name, "config": msgspec.Raw(config.encode())} for name, config in groups])


async def list_configs(call: Call) -> Response:
    groups = await fleet.list_groups(call.context.pool)
    return as_json(
        [{"name": PREFIX + name, "config": msgspec.Raw(config.encode())} for name, config in groups]
    )


async def get_config(call: Call) -> Response:
    return raw_json(await fleet.get_group(call.context.pool, _group(call)))


async def update_config(call: Call) -> Response:
    group, config = _group(call), await call.json(Any)
    require_config(config)
    await fleet.put_group(call.context.pool, group, json.encode_text(config))
    return text(f"worker group {group} updated")


async def delete_config(call: Call) -> Response:
    group = _group(call)
    await fleet.remove_group(call.context.pool, group)
    return text(f"worker group {group} deleted")


def require_config(config: Any) -> None:
    """Raises InvalidInput unless it is an object whose ``worker_tags``, if any, are a list of tags."""
    if not isinstance(config, dict):
        raise InvalidInput("Bad request: the config of a worker group must be a JSON object")
    tags = config.get("worker_tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise InvalidInput("Bad request: worker_tags must be a list of texts")
    for tag in tags or ():
        if not _TAG.match(tag):
            raise InvalidInput(f"Bad request: {tag!r} is not a tag: 1 to 100 characters, no spaces or commas")
    if "\\u0000" in json.encode_text(config):
        raise InvalidInput("Bad request: the config holds a NUL character")


def _group(call: Call) -> str:
    name = call.raw_path("name").removeprefix(PREFIX)
    if not _GROUP_NAME.match(name):
        raise InvalidInput(
            f"Bad request: {name!r} is not the name of a worker group: at most 50 letters, digits, _ and -"
        )
    return name


OPERATIONS: tuple[Operation, ...] = (
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
        "deleteConfig", "DELETE", "/configs/update/{name}", delete_config, "superadmin:configs:write",
        ("config",), "Remove the config of a worker group", returns=str,
    ),
)  # fmt: skip
