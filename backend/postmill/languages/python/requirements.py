"""The requirements of a script, its imports of other scripts fetched as they are met."""

from postmill.kernel.errors import PostmillError
from postmill.languages.protocol import LockFailed, LockRequest
from postmill.signatures.python_imports import module_sources
from postmill.signatures.python_requirements import (
    DEFAULT_FILE,
    InvalidRequirements,
    Requirements,
    read_requirements,
    requirement_lines,
)
from postmill.signatures.signature import InvalidSignature


async def find_requirements(request: LockRequest) -> Requirements:
    """What the script and all scripts that it imports need.

    Raises LockFailed with a sentence for code or comments that cannot be read and for imports that the
    subject may not read.
    """
    if request.raw_requirements is not None:
        return Requirements(tuple(requirement_lines(request.raw_requirements)))
    files = {name or DEFAULT_FILE: content for name, content in request.workspace_requirements.items()}
    modules = module_sources(request.path or "", request.modules)
    reading = read_requirements(request.code, request.path or "", files, modules)
    try:
        wanted = next(reading)
        while True:
            wanted = reading.send(await request.sources(wanted))
    except StopIteration as end:
        result: Requirements = end.value
        return result
    except InvalidSignature as error:
        raise LockFailed(f"The code cannot be read: {error}") from None
    except (InvalidRequirements, PostmillError) as error:
        raise LockFailed(_sentence(str(error))) from None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
