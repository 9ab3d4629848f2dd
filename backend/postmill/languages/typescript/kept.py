"""A TypeScript script whose processes are kept between runs, and how any of its runs is judged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from postmill.kernel.json import encode, encode_text
from postmill.languages import ending
from postmill.languages.output import Output
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.languages.single_run import environment
from postmill.languages.typescript.bundles import MAIN
from postmill.languages.typescript.prepared import PreparedScript
from postmill.languages.typescript.source_map import with_sources
from postmill.languages.typescript.standby import Standby
from postmill.languages.warm_process import Run, Told
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd, encode_frame


@dataclass(frozen=True)
class KeptTypeScript:
    """See ``languages.warm.KeptScript``."""

    script: PreparedScript
    standby: Standby
    limits: Limits
    isolation: str

    @property
    def mark(self) -> bytes:
        return self.script.mark

    async def start(self) -> Child:
        return await self.standby.take(self.limits)

    def orders(self, run: Run, child: Child, told: Told) -> bytes:
        request = run.request
        env = environment(request, child, self.standby.search_path)
        args = encode_frame(b"A", request.args.encode("utf-8", "replace"))
        if told.variables is None:
            told.variables = env
            return self.script.described(env=env) + args
        return encode_frame(b"V", encode(told.news(env))) + args

    def judge(self, run: Run, end: ChildEnd) -> RunOutcome:
        return judge(self.script, end, run.frames, run.request, run.output, self.isolation)


def judge(
    script: PreparedScript,
    end: ChildEnd,
    frames: Mapping[bytes, bytes],
    request: RunRequest,
    output: Output,
    isolation: str,
) -> RunOutcome:
    """The outcome of a run; the stack of an error names the lines that people wrote."""
    outcome = ending.judge_function(end, frames, request.limits, output, isolation, f"{script.program} run")
    main, source_map = (
        (MAIN, None) if script.bundle is None else (script.bundle.main, script.bundle.source_map)
    )
    if b"M" in frames:
        source_map = frames[b"M"].decode("utf-8", "replace")
    if outcome.end != "error" or source_map is None or main not in outcome.result:
        return outcome
    record = json.loads(outcome.result)
    if not isinstance(record, dict) or not isinstance(record.get("stack"), str):
        return outcome
    stack = with_sources(record["stack"], main, source_map)
    return msgspec.structs.replace(outcome, result=encode_text({**record, "stack": stack}))
