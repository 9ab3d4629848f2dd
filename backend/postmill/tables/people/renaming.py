"""A person under another address or user name: every table that goes by it."""

from postmill.db.pool import Session
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)
_PATIENT_SECONDS = 310.0


async def memberships_in_the_way(session: Session, email: str, new_email: str) -> list[str]:
    """Workspaces to which both addresses belong."""
    rows = await session.fetch(QUERIES.memberships_in_the_way, email, new_email)
    return [row["workspace_id"] for row in rows]


async def change_email(session: Session, email: str, new_email: str) -> bool:
    """False when there is no such account. What the audit trail and ended runs say stays."""
    if await session.fetchval(QUERIES.move_account, email, new_email) is None:
        return False
    for query in (
        QUERIES.move_memberships,
        QUERIES.move_tokens,
        QUERIES.move_group_memberships,
        QUERIES.move_invitations,
        QUERIES.move_sent_invitations,
        QUERIES.move_invitations_by_domain,
        QUERIES.move_ownership,
        QUERIES.move_handlers,
        QUERIES.move_drafts,
        QUERIES.move_stars,
        QUERIES.move_shares,
        QUERIES.move_identities_of_scripts,
        QUERIES.move_identities_of_flows,
        QUERIES.move_waiting_jobs,
    ):
        await session.execute(query, email, new_email)
    return True


async def change_username(session: Session, workspace_id: str, username: str, new: str) -> None:
    """Everything of the workspace but the items at their paths and what the audit trail says."""
    for query in (
        QUERIES.rename_member,
        QUERIES.rename_in_grants_of_scripts,
        QUERIES.rename_in_grants_of_flows,
        QUERIES.rename_in_grants_of_variables,
        QUERIES.rename_in_grants_of_resources,
        QUERIES.rename_in_grants_of_folders,
        QUERIES.rename_in_grants_of_workspace_groups,
        QUERIES.rename_owner,
        QUERIES.rename_excepted,
        QUERIES.rename_in_drafts,
        QUERIES.rename_in_inputs,
        QUERIES.rename_in_links,
        QUERIES.rename_in_shares,
        QUERIES.rename_in_handlers,
        QUERIES.rename_in_scripts,
        QUERIES.rename_in_flows,
    ):
        await session.execute(query, workspace_id, username, new)
    await session.execute(QUERIES.patience)
    await session.execute(QUERIES.rename_in_jobs, workspace_id, username, new, timeout=_PATIENT_SECONDS)
