"""Settings of the whole instance."""

from dataclasses import fields
from typing import Any

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import instance_settings

TAGS = ("setting",)


class SettingValue(msgspec.Struct, frozen=True):
    value: Any = None


class GlobalSetting(msgspec.Struct, frozen=True):
    name: str
    value: Any


async def get(call: Call) -> Response:
    context = call.context
    return as_json(await instance_settings.get(context.pool, context.keyring, call.path("key")))


async def put(call: Call) -> Response:
    given = await call.json(SettingValue)
    context = call.context
    name = call.path("key")
    await instance_settings.put(context.pool, context.keyring, call.subject, name, given.value)
    return text(f"updated setting {name}")


async def list_all(call: Call) -> Response:
    context = call.context
    found = await instance_settings.list_all(context.pool, context.keyring)
    return as_json([GlobalSetting(name, value) for name, value in found])


async def get_local(call: Call) -> Response:
    """Lists and numbers as they are, everything else as text; what may hold credentials is left out."""
    settings = call.context.settings
    shown = {item.name: getattr(settings, item.name) for item in fields(settings) if item.repr}
    return as_json(
        {
            name: value if isinstance(value, int | float | tuple) else value and str(value)
            for name, value in shown.items()
        }
    )


OPERATIONS = (
    Operation(
        "getLocal",
        "GET",
        "/settings/local",
        get_local,
        "superadmin",
        TAGS,
        "The settings that this server was started with, without those that may hold credentials",
        returns=dict[str, Any],
    ),
    Operation(
        "getGlobal",
        "GET",
        "/settings/global/{key}",
        get,
        "superadmin",
        TAGS,
        "A setting of the instance, or null",
        returns=Any,
    ),
    Operation(
        "setGlobal",
        "POST",
        "/settings/global/{key}",
        put,
        "superadmin",
        TAGS,
        "Set it; null removes it",
        body=SettingValue,
        returns=str,
    ),
    Operation(
        "listGlobalSettings",
        "GET",
        "/settings/list_global",
        list_all,
        "superadmin",
        TAGS,
        "Every setting of the instance",
        returns=list[GlobalSetting],
    ),
)
