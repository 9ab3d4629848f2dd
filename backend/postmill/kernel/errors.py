"""One exception type per cause; the HTTP layer owns the table from type to status code.

Every message is a plain sentence for the caller: what is wrong, where, and what is allowed.
"""


class PostmillError(Exception):
    """Something went wrong that the caller can read about."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__ or type(self).__name__)

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidInput(PostmillError):
    """The request cannot be understood. (400)"""


class Conflict(InvalidInput):
    """Something of that name exists already, or changed in the meantime. (400)"""


class NotAuthenticated(PostmillError):
    """Unauthorized (401)"""


class NotAuthorized(PostmillError):
    """You may see this, but not do that to it. (401 on the wire, as the public clients expect)"""


class PermissionDenied(PostmillError):
    """Needs a role or a scope that the caller lacks. (403)"""


class NotFound(PostmillError):
    """Does not exist, or may not be seen by the caller. (404, the same sentence for both)"""


class TooLarge(PostmillError):
    """The request is larger than this server accepts. (413)"""


class TooMany(PostmillError):
    """A limit on the number of requests or of waiting jobs is reached. (429)"""


class Unavailable(PostmillError):
    """The server is stopping, overloaded, or its database cannot be reached. (503)"""


class UpstreamFailed(PostmillError):
    """Another server that this request depends on failed. (502)"""
