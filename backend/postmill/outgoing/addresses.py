"""Which addresses an outgoing request may connect to: public ones, and what the operator opens."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from postmill.kernel.settings import Network

# IPv6 forms that stand for an IPv4 address, which is in their last 32 bits: NAT64, and compatible ones of old.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is no network."""
    return tuple(ip_network(text, strict=False) for text in texts)


def may_reach(text: str, opened: Sequence[Network]) -> bool:
    """Whether this address is public, whatever form it has, or lies in an opened network."""
    address = ip_address(text.partition("%")[0])
    forms = (address, *_inner(address))
    if any(form in network for form in forms for network in opened):
        return True
    return all(form.is_global and not form.is_multicast for form in forms)


def _inner(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour]
    if address.teredo is not None:
        found.extend(address.teredo)
    if any(address in network for network in _TRANSLATED):
        found.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [one for one in found if one is not None]
