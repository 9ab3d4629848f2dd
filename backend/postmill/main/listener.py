"""The socket that the server answers on, bound before anything else starts, so that a taken port is found out first."""

import socket

from postmill.kernel.errors import PostmillError

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes a free one. Raises PostmillError for an address that cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise PostmillError(f"the host {host!r} cannot be used: {error.strerror or error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PostmillError(
            f"port {port} of {host} cannot be used: {error.strerror or error}; choose another --port"
        ) from None
    return listener


def bound_port(listener: socket.socket) -> int:
    """The port that a listening socket has."""
    return int(listener.getsockname()[1])
