from typing import Any

import pytest

from postmill.http.client_address import ClientAddresses
from postmill.kernel.errors import InvalidInput
from postmill.kernel.settings import settings_from_environment


def scope(client: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return {"client": None if client is None else (client, 1), "headers": headers}


@pytest.mark.parametrize(
    ("trusted", "client", "forwarded", "address"),
    [
        ((), "10.0.0.1", ["1.2.3.4"], "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        (("10.0.0.0/8",), "9.9.9.9", ["1.2.3.4"], "9.9.9.9"),
        (("10.0.0.1",), "10.0.0.1", [], "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", ["6.6.6.6, 1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.1", ["1.2.3.4, <script>"], "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", ["unknown"], "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", ["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        (("fd00::/8",), "fd00::1", ["2001:DB8::0:1"], "2001:db8::1"),
        (("10.0.0.0/8",), None, ["1.2.3.4"], None),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(
    trusted: tuple[str, ...], client: str | None, forwarded: list[str], address: str | None
) -> None:
    assert ClientAddresses(trusted).of(scope(client, *forwarded)) == address


def test_a_proxy_that_is_no_address_is_refused() -> None:
    settings = settings_from_environment({"POSTMILL_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    with pytest.raises(InvalidInput, match=r"TRUSTED_PROXIES holds 'proxy\.example'"):
        settings_from_environment({"POSTMILL_TRUSTED_PROXIES": "proxy.example"})
    with pytest.raises(InvalidInput, match="fewer than 1"):
        settings_from_environment({"POSTMILL_CONNECTIONS_PER_ADDRESS": "0"})
