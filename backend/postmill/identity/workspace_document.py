"""The settings of a workspace as one document, as it is shown and as it is carried elsewhere."""

from typing import Any

import msgspec

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.identity import auto_invites, instance_groups, workspace_handlers, workspace_webhook, workspaces
from postmill.model.handler import Handler, HandlerKind
from postmill.model.subject import Subject


async def document(pool: Pool, keyring: Keyring, subject: Subject, workspace_id: str) -> dict[str, Any]:
    """Every setting that is set, the webhook for admins alone; raises NotFound."""
    row = await workspaces.get(pool, workspace_id)
    shown: dict[str, Any] = {"workspace_id": row.id, "name": row.name, "owner": row.owner, **row.settings}
    if row.color is not None:
        shown["color"] = row.color
    kinds: tuple[HandlerKind, ...] = ("error", "success")
    for kind in kinds:
        handler = await workspace_handlers.get(pool, workspace_id, kind)
        if handler is not None:
            shown[f"{kind}_handler"] = _handler(handler)
    webhook = await workspace_webhook.get(pool, keyring, subject)
    if webhook is not None:
        shown["webhook"] = webhook
    groups = await instance_groups.groups_of_workspace(pool, workspace_id)
    by_domain = await auto_invites.get(pool, workspace_id)
    auto_invite: dict[str, Any] = {}
    if by_domain is not None:
        mode = "add" if by_domain.adds else "invite"
        auto_invite |= {
            "enabled": True, "domain": by_domain.domain, "operator": by_domain.is_operator, "mode": mode,
        }  # fmt: skip
    if groups:
        auto_invite |= {"instance_groups": list(groups), "instance_groups_roles": groups}
    if auto_invite:
        shown["auto_invite"] = auto_invite
    return shown


def _handler(handler: Handler) -> dict[str, Any]:
    return {
        "path": handler.address,
        "extra_args": msgspec.Raw(handler.extra_args.encode()),
        "muted_on_cancel": handler.muted_on_cancel,
        "muted_on_user_path": handler.muted_on_user_path,
        "permissioned_as": handler.permissioned_as,
    }
