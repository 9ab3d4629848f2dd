"""Loops with ``squash``: their turns share processes, for one run, and come to the same."""

from typing import Any

from postmill.languages.protocol import RunOutcome, RunRequest
from tests.flow_driver.conftest import Scripts, Works
from tests.flow_driver.test_flows import loop, prepare, script


class Keyed(Scripts):
    """Notes for each run which others it shares a process with."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str | None] = []

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        self.keys.append(request.warm_key)
        return await super().run(language, request)


async def test_turns_of_a_squashed_loop_share_a_process_for_one_run(works: Works) -> None:
    scripts = works.scripts = Keyed()
    prepare(works)
    item = "flow_input.iter.value"

    async def keys(*modules: Any) -> list[str | None]:
        scripts.keys.clear()
        assert await works.run(loop("l", [1, 2], *modules, squash=True)) == ("success", [1, 2])
        return list(scripts.keys)

    async with works.working():
        assert await works.run(loop("l", [1, 2], script("x", n=item))) == ("success", [1, 2])
        assert scripts.keys == [None, None]
        first, second = await keys(script("x", n=item))
        assert first is not None and first == second
        # Another run has other processes, and so has another step.
        again = await keys(script("x", n=item), script("y", n="results.x"))
        assert again[0] == again[2] != again[1] == again[3]
        assert first not in again and None not in again
