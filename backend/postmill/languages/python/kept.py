"""A Python script whose processes are kept between runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from postmill.kernel.json import encode
from postmill.languages import ending
from postmill.languages.output import Output
from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.languages.python.prepared import PreparedScript, execution_mark
from postmill.languages.single_run import environment, limits_record, orders, take_child
from postmill.sandbox.child import Child, ChildEnd, encode_frame


@dataclass(frozen=True)
class KeptPython:
    """See ``languages.warm.KeptScript``."""

    prepared: PreparedScript
    isolation: str

    @property
    def mark(self) -> bytes:
        return execution_mark(self.prepared.pool.spec.python)

    async def start(self) -> Child:
        return await take_child(self.prepared.pool)

    def first_orders(self, request: RunRequest, child: Child) -> bytes:
        env = environment(request, child, self.prepared.search_path)
        header = {**self.prepared.header, "env": env, "limits": limits_record(request.limits)}
        return orders(header, C=self.prepared.code, A=request.args.encode("utf-8", "replace"))

    def later_orders(self, request: RunRequest, child: Child) -> bytes:
        env = environment(request, child, self.prepared.search_path)
        args = request.args.encode("utf-8", "replace")
        return encode_frame(b"V", encode(env)) + encode_frame(b"A", args) + encode_frame(b"G", b"")

    def judge(
        self, end: ChildEnd, frames: Mapping[bytes, bytes], request: RunRequest, output: Output
    ) -> RunOutcome:
        return ending.judge_function(end, frames, request.limits, output, self.isolation)
