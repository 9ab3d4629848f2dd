"""One process that is kept between runs, and the runs that it was given.

Where runs are short, several are given ahead, in one message, so that neither side waits for the other in between. A
process that takes runs ahead has *tickets* (see ``sandbox.tickets``), and puts a *mark* into its output behind each
run: it tells whose the lines before it are, and how long the run took. A run that turns out to be long takes nobody
along; those behind it are taken back and given to others.
"""

import asyncio
import re
import struct
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from postmill.languages.output import Output
from postmill.languages.protocol import OnEnd, RunOutcome, RunRequest
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.process import until_ended

MOST_RUNS = 100_000
MOST_AGE_SECONDS = 3600.0
AHEAD_SECONDS = 0.001
"""So much work, by what runs took lately, is given ahead to a process."""
MOST_AHEAD = 32
LATE_SECONDS = 0.01
"""After so long without an answer the runs behind the present one are taken back."""
LONG_SECONDS = 0.02
"""A run that takes longer is read along; the output of shorter ones is read when they end."""
SAMPLED_SECONDS = 0.9
_DROPS = 1 / 16
_MARK = re.compile(rb"\0\x01postmill:([0-9a-f]{8}):([0-9a-f]{8})\n")
_MARK_BEGIN, _MARK_BYTES = b"\0", 29
_NUMBER = struct.Struct(">I")
_WENT_ON = ChildEnd(0, 0, None)
"""The end of a run that was too short to be looked at."""
MOST_RETURNS = 3
"""So many processes may end before a run has begun in them; the next one that does is the run's own end."""


@dataclass
class Told:
    """What a process knows by now: its variables, and scripts by a number of their own."""

    variables: Mapping[str, str] | None = None
    scripts: OrderedDict[object, int] = field(default_factory=OrderedDict)

    _last_number: int = 0

    def copy(self) -> "Told":
        """What it knew, should what it is to be told next never reach it."""
        return Told(self.variables, self.scripts.copy(), self._last_number)

    def remember(self, script: object, most: int) -> tuple[int, list[int]]:
        """A number for a script that is new to the process, and the numbers of those that it forgets for it."""
        self._last_number += 1
        self.scripts[script] = self._last_number
        forgotten = [self.scripts.popitem(last=False)[1] for _ in range(len(self.scripts) - most)]
        return self._last_number, forgotten

    def news(self, variables: Mapping[str, str]) -> dict[str, str | None]:
        """The variables that differ from the last ones, None for those that are gone."""
        known, self.variables = self.variables or {}, variables
        if known.keys() == variables.keys():
            return {name: value for name, value in variables.items() if known[name] != value}
        changed: dict[str, str | None] = dict.fromkeys(known.keys() - variables.keys())
        for name, value in variables.items():
            if known.get(name) != value:
                changed[name] = value
        return changed


class KeptScript(Protocol):
    """What a language says of a script whose processes are kept."""

    @property
    def mark(self) -> bytes:
        """The line of the log behind which the output of a run begins."""

    async def start(self) -> Child:
        """A child that takes the first orders, with tickets if it takes runs ahead. Raises ZygoteFailed."""

    def orders(self, run: "Run", child: Child, told: Told) -> bytes:
        """What a run of the process needs to be told, up to the message that starts it.

        The process answers each run with ``R``, ``E`` or ``L``; with ``X`` it asks to be replaced.
        """

    def judge(self, run: "Run", end: ChildEnd) -> RunOutcome:
        """The outcome of a run; ``end`` has the code 0 where the process goes on."""


class Run:
    """A run on its way; ``process`` has taken it, or none has yet.

    ``on_end`` is called once, with its outcome or with what kept it from beginning. ``made_ready`` is what its
    language has of it, where not all runs of a process have the same.
    """

    __slots__ = (
        "_script", "frames", "is_marked", "made_ready", "number", "on_end", "output", "process", "request", "returns",
        "since",
    )  # fmt: skip

    def __init__(self, request: RunRequest, script: KeptScript, on_end: OnEnd, made_ready: Any) -> None:
        self.request = request
        self.made_ready = made_ready
        self.output = Output(request.log, request.stream)
        self.on_end: OnEnd | None = on_end
        self.frames: dict[bytes, bytes] = {}
        self.process: WarmProcess | None = None
        self.number = 0
        self.is_marked = False
        self.returns = 0
        self.since = 0.0  # when it began to wait for a process
        self._script = script

    @property
    def is_over(self) -> bool:
        """It has ended, or nobody waits for it any more."""
        return self.on_end is None

    def settle(self, end: ChildEnd | Exception) -> None:
        on_end, self.on_end = self.on_end, None
        if on_end is None:
            return
        outcome: RunOutcome | Exception
        try:
            outcome = end if isinstance(end, Exception) else self._script.judge(self, end)
        except Exception as error:
            outcome = error
        on_end(outcome)

    async def withdraw(self) -> None:
        """Nobody waits for it any more: it does not begin, or ends with its process."""
        self.on_end = None
        if self.process is not None:
            await self.process.withdraw(self)


class WarmProcess:
    """Carries out the runs that it accepts, one after the other.

    ``freed`` is called when it may take more or has ended; ``returned`` with runs that it will not begin.
    """

    def __init__(
        self,
        child: Child,
        script: KeptScript,
        freed: Callable[["WarmProcess"], None],
        returned: Callable[[list[Run]], None],
    ) -> None:
        self.started = self.last_used = time.monotonic()
        self.runs = 0
        self._child = child
        self._script = script
        self._freed = freed
        self._returned = returned
        self._tickets = child.tickets
        self._told = Told()
        self._told_before = self._told
        self._is_worn = False
        self._is_late = False
        self._given: deque[Run] = deque()  # in the order of their numbers; the first one runs
        self._held: Run | None = None  # its orders are made, and it may not begin yet
        self._held_orders = b""
        self._unmarked: deque[Run] = deque()  # those whose output may still come
        self._printed = b""
        self._outbox: list[bytes] = []
        self._new_tickets: list[int] = []
        self._first_since = 0.0
        self._wall_seconds = 0.0
        self._follows_output = True
        self._timer: asyncio.TimerHandle | None = None
        self._usual_seconds: float | None = None
        self._most_given = 1
        self._loop = asyncio.get_running_loop()
        child.on_frame = self._frame
        child.on_output = _ignore
        child.ended.add_done_callback(self._gone)

    @property
    def usable(self) -> bool:
        return self._child.usable

    @property
    def worn_out(self) -> bool:
        return self._is_worn or self.runs >= MOST_RUNS or time.monotonic() - self.started > MOST_AGE_SECONDS

    @property
    def is_idle(self) -> bool:
        return not self._given and self._held is None

    @property
    def room(self) -> int:
        """How many further runs it may take now."""
        if self._is_late or self._held is not None or not self._child.usable:
            return 0
        return self._most_given - len(self._given)

    def _note_seconds(self, seconds: float) -> None:
        """A run took so long by the clock of the process."""
        usual = self._usual_seconds
        usual = seconds if usual is None else usual + (seconds - usual) * _DROPS
        self._usual_seconds = usual
        most = max(1, min(MOST_AHEAD, int(AHEAD_SECONDS / max(usual, 1e-6))))
        self._most_given = 1 if self.worn_out else most

    def accept(self, run: Run) -> None:
        """Gives the process a run; it leaves together with others of this moment."""
        if run.number == 0:
            run.request.log.write(self._script.mark)
        orders = self._script.orders(run, self._child, self._told)
        self.runs += 1
        run.process, run.number, run.is_marked = self, self.runs, False
        was_idle = not self._given
        if was_idle:
            self._become_busy(run.request.limits)
        self._given.append(run)
        self._unmarked.append(run)
        if was_idle:
            self._begin_first()
        self._outbox.append(orders)
        self._outbox.append(encode_frame(b"G", _NUMBER.pack(run.number)))
        self._new_tickets.append(run.number)
        if len(self._new_tickets) == 1:
            self._loop.call_soon(self._send)

    @property
    def may_hold(self) -> bool:
        """Whether the orders can be made for it of a run that may not begin yet."""
        return self.is_idle and self._tickets is not None and self._told.variables is not None

    def hold(self, run: Run) -> None:
        """Makes the orders of a run for an idle process; it takes no other until ``let_begin`` or ``withdraw``."""
        assert self._tickets is not None
        self._told_before = self._told.copy()
        orders = self._script.orders(run, self._child, self._told)
        self.runs += 1
        run.process, run.number, self._held = self, self.runs, run
        self._held_orders = orders + encode_frame(b"G", _NUMBER.pack(run.number))
        self._tickets.give([run.number])

    def let_begin(self, run: Run) -> bool:
        """The run that is held begins; False where the process cannot any more, and the run is nobody's."""
        if self._held is not run or not self._child.usable:
            self._let_go(run)
            return False
        self._held = None
        run.request.log.write(self._script.mark)
        self._become_busy(run.request.limits)
        orders, self._held_orders = self._held_orders, b""
        self._child.send(orders)
        self._given.append(run)
        self._unmarked.append(run)
        self._begin_first()
        return True

    def _let_go(self, run: Run) -> None:
        run.process, run.number = None, 0
        if self._held is not run:
            return
        self._held, self._held_orders = None, b""
        if self._tickets is not None:
            self._tickets.take_back()
        self._told = self._told_before
        self._freed(self)

    def _become_busy(self, limits: Limits) -> None:
        child = self._child
        child.watch(limits, self._sampled)
        child.drain_output()  # what a thread printed between two runs belongs to none of them
        self._printed = b""
        self._unmarked.clear()
        child.on_output = self._take_output

    def _sampled(self, memory_kb: int, processor_ms: int) -> None:
        """A look at the process in use; runs that began only now have no part in it."""
        usage = self._given[0].request.usage if self._given else None
        if usage is not None and time.monotonic() - self._first_since > SAMPLED_SECONDS:
            usage(memory_kb, processor_ms)

    def _begin_first(self) -> None:
        """The first of the given runs begins, as far as it can be known here."""
        self._first_since = time.monotonic()
        self._is_late = False
        limits = self._given[0].request.limits
        self._wall_seconds = limits.wall_seconds
        self._child.frame_limit = limits.result_bytes + 1024
        if self._usual_seconds is None or self._usual_seconds >= LATE_SECONDS:
            self._read_along()
        elif self._follows_output:
            self._follows_output = False
            self._child.hold_output()
            self._wake_in(LATE_SECONDS)
        elif self._timer is None:
            self._wake_in(LATE_SECONDS)

    def _read_along(self) -> None:
        if not self._follows_output:
            self._follows_output = True
            self._child.follow_output()
        self._wake_in(self._wall_seconds - (time.monotonic() - self._first_since))

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(max(0.0, seconds), self._look)

    def _look(self) -> None:
        """Whether the first of the runs takes long."""
        self._timer = None
        if not self._given:
            return
        limits = self._given[0].request.limits
        taken = time.monotonic() - self._first_since
        if taken >= limits.wall_seconds:
            self._child.terminate("timeout", limits.grace_seconds)
            return
        if self._follows_output:
            self._wake_in(limits.wall_seconds - taken)
            return
        if taken >= LATE_SECONDS:
            self._is_late = True
            if len(self._given) > 1:
                self.take_back()
            self._child.drain_output()
        if taken >= LONG_SECONDS:
            self._read_along()
        else:
            self._wake_in(min(LATE_SECONDS, limits.wall_seconds - taken))

    def _send(self) -> None:
        if self._child.ended.done():
            return  # they are returned
        numbers, self._new_tickets = self._new_tickets, []
        if not numbers:
            return
        data, self._outbox = b"".join(self._outbox), []
        if self._tickets is not None:
            self._tickets.give(numbers)
        self._child.send(data)

    def take_back(self) -> None:
        """Returns the runs that have not begun; they will not begin here."""
        if self._tickets is None or not self._given:
            return
        if self._new_tickets:
            self._send()
        numbers = self._tickets.take_back()
        if numbers:
            self._return(numbers)

    def _return(self, numbers: set[int], most_returns: int | None = None) -> None:
        """Gives runs back. Where not even the first has begun the process only waits for its turn and may have them."""
        back = [run for run in self._given if run.number in numbers]
        if most_returns is not None:
            for run in back:
                run.returns += 1
            back = [run for run in back if run.returns <= most_returns]
            numbers = {run.number for run in back}
        self._given = deque(run for run in self._given if run.number not in numbers)
        self._unmarked = deque(run for run in self._unmarked if run.number not in numbers)
        for run in back:
            run.process = None
        if not self._given:
            self._become_idle()
        self._returned(back)

    async def withdraw(self, run: Run) -> None:
        """Ends a run that is not wanted any more, with its process if it has begun."""
        if run is self._held:
            self._let_go(run)
            return
        self.take_back()
        if run.process is not self or run not in self._given:
            return
        self._child.terminate("cancelled", run.request.limits.grace_seconds)
        await asyncio.wait([self._child.ended])

    def _frame(self, kind: bytes, content: bytes) -> None:
        if kind == b"X":
            self._is_worn = True
            return
        if not self._given:
            return
        run = self._given[0]
        self._child.keep(run.frames, kind, content)
        if kind in (b"R", b"E", b"L"):
            self._given.popleft()
            peak_kb, cause = self._child.peak_kb, self._child.cause
            end = _WENT_ON if peak_kb == 0 and cause is None else ChildEnd(0, peak_kb, cause)
            self._finish_output(run)
            if self._given:
                self._begin_first()
            else:
                self._become_idle()
            self._freed(self)
            run.settle(end)  # last: who hears of it may give this process its next run

    def _finish_output(self, run: Run) -> None:
        if not run.is_marked:
            self._child.drain_output()
        if not run.is_marked and self._unmarked:
            # There are no marks, or it did not come: the script has closed or replaced its output.
            self._hand_on(self._printed)
            self._printed = b""
            self._unmarked.popleft()
        run.output.finish()

    def _become_idle(self) -> None:
        self.last_used = time.monotonic()
        self._is_late = False
        self._child.rest()
        self._child.on_output = _ignore

    def _take_output(self, data: bytes) -> None:
        if self._tickets is None:
            self._hand_on(data)
            return
        data = self._printed + data if self._printed else data
        start = 0
        for mark in _MARK.finditer(data):
            self._hand_on(data[start : mark.start()])
            start = mark.end()
            self._marked(int(mark[1], 16), int(mark[2], 16) / 1e6)
        rest = data[start:]
        held = rest.rfind(_MARK_BEGIN, max(0, len(rest) - _MARK_BYTES))
        if held >= 0:
            self._hand_on(rest[:held])
            self._printed = rest[held:]
        else:
            self._hand_on(rest)
            self._printed = b""

    def _hand_on(self, data: bytes) -> None:
        if data and self._unmarked:
            self._unmarked[0].output.write(data)

    def _marked(self, number: int, seconds: float) -> None:
        if not self._unmarked or self._unmarked[0].number != number:
            return  # somebody else's words
        self._unmarked.popleft().is_marked = True
        if number > 1:  # the first run of a process also loads the script
            self._note_seconds(seconds)

    def _gone(self, ended: asyncio.Future[ChildEnd]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        end = ended.result()
        if self._printed:
            self._hand_on(self._printed)
            self._printed = b""
        if self._tickets is not None:
            self._return(self._tickets.left | set(self._new_tickets), MOST_RETURNS)
        left, self._given = list(self._given), deque()
        for run in left:
            run.output.finish()
        self._freed(self)
        for run in left:
            run.settle(end)

    def retire(self) -> None:
        """Ends the process; it must not be in a run."""
        self._child.terminate("cancelled", 1.0)

    async def close(self) -> None:
        if not self._child.ended.done():
            self._child.terminate("cancelled", 0.0)
            await until_ended(self._child, 0.0)


def _ignore(_data: bytes) -> None:
    return None
