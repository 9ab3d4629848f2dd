"""Whether this server is alive, and what it is."""

import postmill
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, text

# Public clients read the first two words: the edition and the version whose interface is spoken.
SPOKEN_VERSION = "CE v1.788.0"


async def version(_call: Call) -> Response:
    return text(f"{SPOKEN_VERSION} (postmill {postmill.__version__})")


OPERATIONS = (
    Operation(
        id="backendVersion",
        method="GET",
        path="/version",
        handler=version,
        needs="public",
        tags=("settings",),
        summary="The version of this server",
        returns=str,
    ),
)
