"""A Python script whose processes are kept between runs."""

from dataclasses import dataclass

from postmill.kernel.json import encode
from postmill.languages import ending
from postmill.languages.protocol import RunOutcome
from postmill.languages.python.prepared import PreparedScript, execution_mark
from postmill.languages.single_run import environment, limits_record, take_child
from postmill.languages.warm_process import Run, Told
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.tickets import Tickets


@dataclass(frozen=True)
class KeptPython:
    """See ``languages.warm.KeptScript``."""

    prepared: PreparedScript
    isolation: str

    @property
    def mark(self) -> bytes:
        return execution_mark(self.prepared.pool.spec.python)

    async def start(self) -> Child:
        child = await take_child(self.prepared.pool)
        child.tickets = Tickets()
        return child

    def orders(self, run: Run, child: Child, told: Told) -> bytes:
        request = run.request
        env = environment(request, child, self.prepared.search_path)
        args = encode_frame(b"A", request.args.encode("utf-8", "replace"))
        if told.variables is not None:
            changed = told.news(env)
            return encode_frame(b"V", encode(changed)) + args if changed else args
        told.variables = env
        header = {
            **self.prepared.header,
            "env": env,
            "limits": limits_record(request.limits),
            "tickets": True,
        }
        child.send(encode_frame(b"H", encode(header)))
        child.hand_tickets_over()
        return encode_frame(b"C", self.prepared.code) + args

    def judge(self, run: Run, end: ChildEnd) -> RunOutcome:
        return ending.judge_function(end, run.frames, run.request.limits, run.output, self.isolation)
