"""The addresses of service accounts: made of workspace and name, below a domain that nobody can have. Pure."""

from postmill.kernel.errors import InvalidInput

_DOMAIN = ".service.invalid"


def address_of(workspace_id: str, username: str) -> str:
    """``deploy-bot@main.service.invalid``"""
    return f"{username.lower()}@{workspace_id.lower()}{_DOMAIN}"


def is_of_service(email: str) -> bool:
    return email.endswith(_DOMAIN)


def require_person(email: str) -> None:
    """Raises InvalidInput for what only people may have: passwords, roles of the instance, other workspaces."""
    if is_of_service(email):
        raise InvalidInput(
            f"Bad request: {email[:100]} is a service account: it belongs to one workspace, "
            "has no password and no role beyond it"
        )
