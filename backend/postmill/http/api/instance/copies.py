"""An instance carried from one place to another: its accounts, groups and settings as documents, out and in again."""

from typing import Any, Literal

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, counted, text
from postmill.identity import account_export, instance_groups, instance_settings
from postmill.identity.account_export import GivenAccount
from postmill.identity.instance_groups import InstanceGroupRow
from postmill.queue import fleet


class ExportedUser(msgspec.Struct, frozen=True, kw_only=True):
    """An account with the argon2 hash of its password; ``verified`` is true for all."""

    email: str
    super_admin: bool
    verified: bool
    password_hash: str | None = None
    name: str | None = None
    company: str | None = None
    first_time_user: bool = False
    username: str | None = None


class ExportedInstanceGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``id``, ``scim_display_name`` and ``external_id`` are what a directory calls the group."""

    name: str
    summary: str | None = None
    emails: list[str] | None = None
    id: str | None = None
    scim_display_name: str | None = None
    external_id: str | None = None
    instance_role: Literal["superadmin", "devops"] | None = None


class InstanceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings by name, and configs of worker groups by the group's name."""

    global_settings: dict[str, Any] | None = None
    worker_configs: dict[str, Any] | None = None


async def export_users(call: Call) -> Response:
    rows = await account_export.export(call.context.pool, call.subject)
    return as_json(
        [
            ExportedUser(
                email=row.email,
                password_hash=row.password_hash,
                super_admin=row.is_superadmin,
                verified=True,
                name=row.name,
                company=row.company,
                first_time_user=row.first_time,
                username=row.username,
            )
            for row in rows
        ]
    )


async def overwrite_users(call: Call) -> Response:
    given = await call.json(list[ExportedUser])
    accounts = [
        GivenAccount(
            email=one.email,
            password_hash=one.password_hash,
            is_superadmin=one.super_admin,
            name=one.name,
            company=one.company,
            first_time=one.first_time_user,
            username=one.username,
        )
        for one in given
    ]
    await account_export.overwrite(call.context.pool, call.subject, accounts)
    return text(f"the instance has {counted(len(accounts), 'account')}")


async def export_groups(call: Call) -> Response:
    rows = await instance_groups.list_groups(call.context.pool)
    await instance_groups.note_export(call.context.pool, call.subject, len(rows))
    return as_json(
        [
            ExportedInstanceGroup(
                name=row.name,
                summary=row.summary,
                emails=row.emails,
                id=row.scim_id,
                scim_display_name=row.scim_display_name,
                external_id=row.external_id,
                instance_role=row.instance_role,
            )
            for row in rows
        ]
    )


async def overwrite_groups(call: Call) -> Response:
    given = await call.json(list[ExportedInstanceGroup])
    groups = [
        InstanceGroupRow(
            name=one.name,
            summary=one.summary or "",
            emails=one.emails or [],
            instance_role=one.instance_role,
            scim_id=one.id,
            scim_display_name=one.scim_display_name,
            external_id=one.external_id,
        )
        for one in given
    ]
    await instance_groups.overwrite(call.context.pool, call.subject, groups)
    return text(f"the instance has {counted(len(groups), 'group')}")


async def get_config(call: Call) -> Response:
    context = call.context
    settings = await instance_settings.list_all(context.pool, context.keyring)
    groups = await fleet.list_groups(context.pool)
    return as_json(
        InstanceConfig(
            global_settings=dict(settings),
            worker_configs={name: msgspec.Raw(config.encode()) for name, config in groups},
        )
    )


async def set_config(call: Call) -> Response:
    context = call.context
    given: InstanceConfig = await call.json(InstanceConfig)
    configs = given.worker_configs or {}
    settings = given.global_settings or {}
    await instance_settings.put_all(context.pool, context.keyring, call.subject, settings, configs)
    told = f"{counted(len(settings), 'setting')} and {counted(len(configs), 'worker group')}"
    return text(f"updated {told}")


OPERATIONS = (
    Operation(
        "globalUsersExport", "GET", "/users/export", export_users, "superadmin", ("user",),
        "Every account with the hash of its password", returns=list[ExportedUser],
    ),
    Operation(
        "globalUsersOverwrite", "POST", "/users/overwrite", overwrite_users, "superadmin", ("user",),
        "Replace all accounts; the caller must remain a superadmin", body=list[ExportedUser], returns=str,
    ),
    Operation(
        "exportInstanceGroups", "GET", "/groups/export", export_groups, "superadmin", ("group",),
        "Every group of the instance", returns=list[ExportedInstanceGroup],
    ),
    Operation(
        "overwriteInstanceGroups", "POST", "/groups/overwrite", overwrite_groups, "superadmin", ("group",),
        "Replace all groups of the instance", body=list[ExportedInstanceGroup], returns=str,
    ),
    Operation(
        "getInstanceConfig", "GET", "/settings/instance_config", get_config, "superadmin", ("setting",),
        "All settings of the instance and its worker groups", returns=InstanceConfig,
    ),
    Operation(
        "setInstanceConfig", "PUT", "/settings/instance_config", set_config, "superadmin", ("setting",),
        "Set what is named; what is not stays as it is, and null removes a setting", body=InstanceConfig,
        returns=str,
    ),
)  # fmt: skip
