"""People and rights: who signs in, who belongs to a workspace, who may do what, and the trail of it."""

from postmill.http.api.people import (
    acls,
    audit,
    auth,
    folders,
    groups,
    id_tokens,
    invitations,
    members,
    offboarding,
    permission_history,
    protection_rules,
    service_accounts,
    tokens,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *auth.OPERATIONS,
    *tokens.OPERATIONS,
    *id_tokens.OPERATIONS,
    *protection_rules.OPERATIONS,
    *permission_history.OPERATIONS,
    *members.OPERATIONS,
    *service_accounts.OPERATIONS,
    *offboarding.OPERATIONS,
    *invitations.OPERATIONS,
    *groups.OPERATIONS,
    *folders.OPERATIONS,
    *acls.OPERATIONS,
    *audit.OPERATIONS,
)
