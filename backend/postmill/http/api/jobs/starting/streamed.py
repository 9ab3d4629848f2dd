"""An answer that is the stream of what comes of a run."""

from uuid import UUID

from starlette.responses import Response

from postmill.http.api.jobs.reading.follow import Following, follow
from postmill.http.call import Call
from postmill.http.responses import sse
from postmill.queue.updates import Asked


def streamed(call: Call, job_id: UUID, poll_delay_ms: int) -> Response:
    """The result as it comes, updates at least so far apart."""
    least_seconds = max(0, poll_delay_ms) / 1000
    asked = Asked(with_logs=False)
    following = Following(asked=asked, just_started=True, only_result=True, least_seconds=least_seconds)
    return sse(follow(call, job_id, following))
