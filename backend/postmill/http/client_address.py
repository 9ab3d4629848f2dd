"""The address of whoever asks: that of the connection, or what a trusted proxy in front says.

Audit, limits and tokens go by it, so that nobody may choose it: ``X-Forwarded-For`` counts only behind a proxy that
the operator names, and is read from its end, where the proxies write.
"""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from starlette.types import Scope

from postmill.kernel.settings import Network


class ClientAddresses:
    """Reads addresses; ``trusted`` names the proxies by address or network."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: list[Network] = [ip_network(text, strict=False) for text in trusted]

    def is_trusted(self, address: str) -> bool:
        """Whether it belongs to one of the proxies."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def of(self, scope: Scope) -> str | None:
        """The address of the nearest one that is no proxy of ours; None where a connection has none."""
        client = scope.get("client")
        if not client or not self._trusted:
            return client[0] if client else None
        address: str = client[0]
        for said in reversed(_forwarded_for(scope)):
            if not self.is_trusted(address):
                return address
            try:
                address = str(ip_address(said))
            except ValueError:
                return address  # what stands before something unreadable is nobody's word
        return address


def _forwarded_for(scope: Scope) -> list[str]:
    """The addresses in all headers of that name, in their order."""
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [part.strip() for part in ",".join(said).split(",") if part.strip()]
