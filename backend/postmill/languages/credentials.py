"""Credentials of package registries, and what tools print without them."""

import base64
import os
import re
from urllib.parse import unquote, urlsplit

from postmill.languages.protocol import Registries

TOKEN_MARK = "/:_authToken="  # noqa: S105  (how npm spells it)
SHORTEST = 3
_MASK = "***"
_IN_ADDRESS = re.compile(r"(\w+://)[^/\s]+@")
_MACHINE_ADDRESSES = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
    "GOPROXY", "NPM_CONFIG_REGISTRY", "npm_config_registry", "BUN_CONFIG_REGISTRY",
)  # fmt: skip


def secrets_of(registries: Registries) -> tuple[str, ...]:
    """Passwords and tokens of the configured registries and of this machine, as written and as they are sent.

    The longest come first. A registry may say in its refusal what it was sent, and tools print what a registry says.
    """
    addresses = [
        registries.python_index_url,
        *registries.python_extra_index_urls,
        registries.npm_registry_url,
        *(scope.partition("=")[2] for scope in registries.npm_scopes),
        *re.split(r"[,|]", registries.go_proxy or ""),
        *(part for name in _MACHINE_ADDRESSES for part in re.split(r"[,|]", os.environ.get(name, ""))),
    ]
    found = {secret for address in addresses if address for secret in _secrets(address)}
    return tuple(sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True))


def hidden(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without these secrets, and without the credentials of any address in it."""
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return _IN_ADDRESS.sub(rf"\1{_MASK}@", text)


def _secrets(address: str) -> set[str]:
    address, _, token = address.partition(TOKEN_MARK)
    try:
        parts = urlsplit(
            address if "://" in address else f"//{address}"
        )  # proxies are also written without http://
    except ValueError:
        return {token}
    if parts.username is None:
        return {token}
    written = parts.password or parts.username  # a token may stand where the name does
    plain = unquote(written)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {token, written, plain, _base64(pair), _base64(plain)}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")
