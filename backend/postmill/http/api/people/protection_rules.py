"""The protection rules of a workspace: what its members are kept from, and who is excepted."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import protection_rules
from postmill.model.protection_rule import ProtectionRule, ProtectionRuleKind

TAGS = ("workspace",)
BASE = "/w/{workspace}/workspaces/protection_rules"


class ShownRule(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    workspace_id: str
    rules: list[ProtectionRuleKind]
    bypass_groups: list[str]
    bypass_users: list[str]


class EditRule(msgspec.Struct, frozen=True, kw_only=True):
    """Without ``name`` the rule keeps the one that it has."""

    rules: list[ProtectionRuleKind]
    bypass_groups: list[str]
    bypass_users: list[str]
    name: str | None = None


async def list_rules(call: Call) -> Response:
    found = await protection_rules.list_all(call.context.pool, call.workspace)
    return as_json([ShownRule(workspace_id=call.workspace, **msgspec.structs.asdict(one)) for one in found])


async def create(call: Call) -> Response:
    rule: ProtectionRule = await call.json(ProtectionRule)
    await protection_rules.create(call.context.pool, call.subject, call.workspace, rule)
    return text(f"created protection rule {rule.name}")


async def update(call: Call) -> Response:
    given: EditRule = await call.json(EditRule)
    name = call.path("rule_name")
    rule = ProtectionRule(
        name=given.name or name,
        rules=given.rules,
        bypass_groups=given.bypass_groups,
        bypass_users=given.bypass_users,
    )
    await protection_rules.update(call.context.pool, call.subject, call.workspace, name, rule)
    return text(f"updated protection rule {rule.name}")


async def delete(call: Call) -> Response:
    name = call.path("rule_name")
    await protection_rules.delete(call.context.pool, call.subject, call.workspace, name)
    return text(f"deleted protection rule {name}")


OPERATIONS = (
    Operation(
        "listProtectionRules", "GET", BASE, list_rules, "member:workspaces:read", TAGS,
        "What members of the workspace are kept from, and who is excepted", returns=list[ShownRule],
    ),
    Operation(
        "createProtectionRule", "POST", BASE, create, "admin", TAGS, "Make a protection rule",
        body=ProtectionRule, returns=str,
    ),
    Operation(
        "updateProtectionRule", "POST", f"{BASE}/{{rule_name}}", update, "admin", TAGS,
        "Replace a protection rule", body=EditRule, returns=str,
    ),
    Operation(
        "deleteProtectionRule", "DELETE", f"{BASE}/{{rule_name}}", delete, "admin", TAGS,
        "Delete a protection rule", returns=str,
    ),
)  # fmt: skip
