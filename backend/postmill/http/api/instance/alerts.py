"""Alerts: of the whole instance for superadmins, of a workspace for its admins."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import JsonText, Response, as_json, counted
from postmill.identity import workspaces
from postmill.kernel.errors import InvalidInput
from postmill.model.alert import Alert
from postmill.queue import alerts

TAGS = ("setting",)
BASE = "/settings/critical_alerts"
OF_WORKSPACE = "/w/{workspace}/workspaces/critical_alerts"
LARGEST_PAGE = 1000
LAST_PAGE = 1_000_000
LARGEST_ID = 2**63 - 1


class AlertsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``acknowledged`` left out: both."""

    page: int = 1
    page_size: int = 10
    acknowledged: bool | None = None


class Mute(msgspec.Struct, frozen=True):
    """Left out: not muted."""

    mute_critical_alerts: bool | None = None


class AlertPage(msgspec.Struct, frozen=True):
    alerts: list[Alert]
    total_rows: int
    total_pages: int


async def list_alerts(call: Call) -> Response:
    query = call.query(AlertsQuery)
    if not 1 <= query.page <= LAST_PAGE or not 1 <= query.page_size <= LARGEST_PAGE:
        raise InvalidInput(
            f"Bad request: page lies between 1 and {LAST_PAGE}, page_size between 1 and {LARGEST_PAGE}"
        )
    found, count = await alerts.list_page(
        call.context.pool, call.workspace or None, query.acknowledged,
        limit=query.page_size, offset=(query.page - 1) * query.page_size,
    )  # fmt: skip
    return as_json(AlertPage(found, count, -(-count // query.page_size)))


async def acknowledge(call: Call) -> Response:
    text = call.path_params["id"]
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_ID):
        raise InvalidInput(f"Bad request: {text[:40]!r} is not the id of an alert")
    await alerts.acknowledge(call.context.pool, call.subject, call.workspace or None, int(text[:20]))
    return as_json(f"acknowledged alert {int(text[:20])}")


async def acknowledge_all(call: Call) -> Response:
    count = await alerts.acknowledge_all(call.context.pool, call.subject, call.workspace or None)
    return as_json(f"acknowledged {counted(count, 'alert')}")


async def mute(call: Call) -> Response:
    muted = bool((await call.json(Mute)).mute_critical_alerts)
    await workspaces.change_settings(
        call.context.pool,
        call.subject,
        call.workspace,
        {"mute_critical_alerts": muted or None},
        "alerts.mute" if muted else "alerts.unmute",
    )
    return as_json(f"{'muted' if muted else 'unmuted'} alerts of workspace {call.workspace}")


OPERATIONS = (
    Operation(
        "getCriticalAlerts", "GET", BASE, list_alerts, "superadmin", TAGS,
        "What has to be looked at in the whole instance, the newest first", query=AlertsQuery, returns=AlertPage,
    ),
    Operation(
        "acknowledgeCriticalAlert", "POST", f"{BASE}/{{id}}/acknowledge", acknowledge, "superadmin", TAGS,
        "Mark an alert as seen", returns=str,
    ),
    Operation(
        "acknowledgeAllCriticalAlerts", "POST", f"{BASE}/acknowledge_all", acknowledge_all, "superadmin", TAGS,
        "Mark all alerts as seen", returns=str,
    ),
    Operation(
        "workspaceGetCriticalAlerts", "GET", OF_WORKSPACE, list_alerts, "admin", TAGS,
        "What has to be looked at in the workspace, the newest first", query=AlertsQuery, returns=AlertPage,
    ),
    Operation(
        "workspaceAcknowledgeCriticalAlert", "POST", f"{OF_WORKSPACE}/{{id}}/acknowledge", acknowledge, "admin",
        TAGS, "Mark an alert of the workspace as seen", returns=str,
    ),
    Operation(
        "workspaceAcknowledgeAllCriticalAlerts", "POST", f"{OF_WORKSPACE}/acknowledge_all", acknowledge_all,
        "admin", TAGS, "Mark all alerts of the workspace as seen", returns=str,
    ),
    Operation(
        "workspaceMuteCriticalAlertsUI", "POST", f"{OF_WORKSPACE}/mute", mute, "admin", TAGS,
        "Whether new alerts of the workspace are marked as seen from the start", body=Mute, returns=JsonText,
    ),
)  # fmt: skip
