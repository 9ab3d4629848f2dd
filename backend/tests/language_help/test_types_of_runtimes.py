"""Types of what a runtime brings, where the runtime is not there."""

from types import SimpleNamespace
from typing import Any

import pytest

from postmill.language_help.npm_types import NpmTypes
from postmill.languages.protocol import InstallFailed
from postmill.languages.typescript.programs import ProgramMissing


async def test_a_deno_that_is_not_fetched_yet_is_no_failure_of_the_server() -> None:
    def missing() -> None:
        raise ProgramMissing("deno is fetched when it is first needed")

    async def place() -> Any:
        return SimpleNamespace(deno=SimpleNamespace(on_this_machine=missing))

    nowhere: Any = None
    types = NpmTypes(nowhere, nowhere, place)
    with pytest.raises(InstallFailed, match="No types of deno: deno is fetched"):
        await types.of_runtime(nowhere, "main", "deno")
