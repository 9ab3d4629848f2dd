"""From an exception to an answer: plain text, or RFC 9457 problem details for clients that ask for them.

A fault of the caller is a 4xx with the sentence of the exception. Anything unforeseen is a 500 with a general
message and the request's id; what happened is in the log.
"""

import logging

import asyncpg

from postmill.db.retry import DATABASE_ERRORS
from postmill.http.call import SlowClient
from postmill.http.responses import Plain
from postmill.kernel import errors, json

_log = logging.getLogger("postmill.http")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_PROBLEM = (b"content-type", b"application/problem+json")

# The more special type first.
_STATUS: tuple[tuple[type[errors.PostmillError], int], ...] = (
    (SlowClient, 408),
    (errors.InvalidInput, 400),
    (errors.NotAuthenticated, 401),
    (errors.NotAuthorized, 401),
    (errors.PermissionDenied, 403),
    (errors.NotFound, 404),
    (errors.TooLarge, 413),
    (errors.TooMany, 429),
    (errors.UpstreamFailed, 502),
    (errors.Unavailable, 503),
)
_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    413: "Content too large",
    414: "URI too long",
    429: "Too many requests",
    431: "Request header fields too large",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
}
_FULL = "The disk of the database is full: nothing was stored; try again when there is room"
_BUSY = "The database is busy or cannot be reached at the moment; try again shortly"


def answer_to(error: Exception, accept: str, request_id: str) -> Plain:
    """The response for an exception that a handler or the dispatcher raised."""
    known = _from_database(error) if isinstance(error, DATABASE_ERRORS) else error
    if isinstance(known, errors.PostmillError):
        return problem(status_of(known), known.message, accept)
    _log.error("request %s failed", request_id, exc_info=error, extra={"request_id": request_id})
    return problem(500, f"Internal server error (request {request_id})", accept)


def status_of(error: errors.PostmillError) -> int:
    """The status code of a known exception."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    return 500


def problem(status: int, message: str, accept: str) -> Plain:
    """An error answer in the form that the client asks for."""
    if "application/problem+json" in accept:
        body = json.encode(
            {
                "type": "about:blank",
                "title": _TITLES.get(status, "Error"),
                "status": status,
                "detail": message,
            }
        )
        response = Plain(body, status, _PROBLEM)
    else:
        response = Plain(message.encode("utf-8", "replace"), status, _TEXT)
    if status in (429, 503):
        response.raw_headers.append((b"retry-after", b"1" if status == 429 else b"2"))
    if status == 408:
        response.raw_headers.append((b"connection", b"close"))
    return response


_OVERLOADED = (
    asyncpg.QueryCanceledError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
)


def _from_database(error: Exception) -> Exception:
    """What a refusal of the database means to the caller; the error itself where it means a fault of ours."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return errors.Conflict("Bad request: something of that name exists already")
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return errors.InvalidInput("Bad request: it refers to something that does not exist")
    if isinstance(error, (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)):
        return errors.InvalidInput(
            "Bad request: text may not hold NUL or characters that are not valid Unicode"
        )
    if isinstance(error, asyncpg.DataError):
        return errors.InvalidInput("Bad request: a value is out of range or has the wrong form")
    if isinstance(error, asyncpg.DiskFullError):
        return errors.Unavailable(_FULL)
    if isinstance(error, _OVERLOADED):
        return errors.Unavailable(_BUSY)
    if isinstance(error, asyncpg.PostgresError):
        return error
    if isinstance(error, (ConnectionError, TimeoutError, asyncpg.InternalClientError)):
        return errors.Unavailable(_BUSY)
    if isinstance(error, asyncpg.InterfaceError):
        lost = "clos" in str(error) or "connection" in str(error)
        return errors.Unavailable(_BUSY) if lost else error
    # Nothing listens at the database's address; other errors of the operating system are faults of ours.
    return errors.Unavailable(_BUSY) if isinstance(error, OSError) and error.errno in (2, 111) else error
