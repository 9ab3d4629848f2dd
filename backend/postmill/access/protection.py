"""Which protection rule of a workspace keeps somebody from something."""

from collections.abc import Iterable

from postmill.model.protection_rule import ProtectionRule, ProtectionRuleKind
from postmill.model.subject import Subject

DEPLOYERS = "wm_deployers"
DEPLOYING: tuple[ProtectionRuleKind, ...] = ("DisableDirectDeployment", "RestrictDeployToDeployers")


def forbidding(
    rules: Iterable[ProtectionRule], subject: Subject, kinds: tuple[ProtectionRuleKind, ...]
) -> ProtectionRule | None:
    """The first rule of these kinds that holds for the subject; whatever role they have, only exceptions free them."""
    for rule in rules:
        if _is_excepted(rule, subject):
            continue
        held = set(rule.rules) & set(kinds)
        if DEPLOYERS in subject.groups:
            held.discard("RestrictDeployToDeployers")
        if held:
            return rule
    return None


def _is_excepted(rule: ProtectionRule, subject: Subject) -> bool:
    users = {name.removeprefix("u/") for name in rule.bypass_users}
    groups = {name.removeprefix("g/") for name in rule.bypass_groups}
    return subject.username in users or "all" in groups or not groups.isdisjoint(subject.groups)
