"""The one client for outgoing requests.

A name is resolved once, every address of it is checked, and the connection goes to the checked address. Redirects are
not followed, nothing of the server's environment (proxies, credentials) is in a request, and no answer is read.
"""

import asyncio
import socket
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.kernel.lean_httpx import httpx
from postmill.kernel.settings import Network
from postmill.outgoing.addresses import may_reach

SECONDS = 10.0
LONGEST_ADDRESS = 2000


class CannotSend(Exception):
    """The message says why; it holds neither the path nor the credentials of the address."""


def parse_url(text: str) -> httpx.URL:
    """Raises InvalidInput for anything but a complete http or https address."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or len(text) > LONGEST_ADDRESS or "\0" in text:
        raise InvalidInput(
            f"Bad request: an address begins with http:// or https:// and has at most {LONGEST_ADDRESS} characters"
        )
    return url


class OutgoingClient:
    """``opened``: networks that may be reached although they are not public."""

    def __init__(self, opened: Sequence[Network]) -> None:
        self._opened = opened

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        # Made for the first request: it reads every certificate authority, which most servers never need.
        return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS)

    async def post(self, address: str, document: Any) -> None:
        """Sends the document as JSON; raises CannotSend unless the answer is one of success."""
        url = parse_url(address)
        try:
            async with asyncio.timeout(SECONDS):
                checked = await self._checked(url)
                request = self._client.build_request(
                    "POST",
                    url.copy_with(host=checked),
                    content=json.encode(document),
                    headers={"host": url.netloc.decode(), "content-type": "application/json"},
                    extensions={"sni_hostname": url.host},
                )
                answer = await self._client.send(request, stream=True)
                await answer.aclose()
        except TimeoutError:
            raise CannotSend(f"{url.host} did not answer within {SECONDS:.0f} s") from None
        except (httpx.HTTPError, OSError) as error:
            raise CannotSend(f"{url.host} cannot be reached: {type(error).__name__}") from None
        if not answer.is_success:
            raise CannotSend(f"{url.host} answered {answer.status_code}")

    async def _checked(self, url: httpx.URL) -> str:
        """An address of the host; raises CannotSend where one of them may not be reached."""
        port = url.port or (443 if url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if not may_reach(address, self._opened):
                raise CannotSend(
                    f"{url.host} is not a public address; POSTMILL_OUTGOING_NETWORKS opens networks"
                )
        if not addresses:
            raise CannotSend(f"{url.host} has no address")
        return addresses[0]

    async def close(self) -> None:
        if "_client" in self.__dict__:
            await self._client.aclose()
