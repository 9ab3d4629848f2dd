"""Which addresses the server connects to of its own accord."""

import pytest

from postmill.outgoing.addresses import may_reach, networks

PUBLIC = ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"]
CLOSED = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "::127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert may_reach(address, ())


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_whatever_its_form(address: str) -> None:
    assert not may_reach(address, ())


def test_opened_networks_hold_in_every_form() -> None:
    opened = networks(["10.0.0.0/8", "fc00::/7"])
    assert (
        may_reach("10.1.2.3", opened)
        and may_reach("::ffff:10.0.0.1", opened)
        and may_reach("fc00::1", opened)
    )
    assert not may_reach("127.0.0.1", opened)
