"""What a workspace keeps its members from, admins included, and who is excepted."""

from typing import Literal

import msgspec

ProtectionRuleKind = Literal[
    "DisableDirectDeployment",
    "DisableWorkspaceForking",
    "RestrictDeployToDeployers",
    "RestrictAnonymousAppDeployment",
    "RestrictPublicRunSharing",
]


class ProtectionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Rules under one name, with the groups and members for whom they do not hold."""

    name: str
    rules: list[ProtectionRuleKind]
    bypass_groups: list[str]
    bypass_users: list[str]
