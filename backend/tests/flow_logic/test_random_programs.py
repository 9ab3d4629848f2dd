"""Random flows, in random orders of events, come to what a simple interpreter says, each exactly once.

``POSTMILL_FLOW_PROGRAMS`` sets how many programs are tried; the nightly run tries 20,000.
"""

import os
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flow_logic.interpreter import Interpreter
from tests.flow_logic.programs import Plan, Seen, flows, plain, plans
from tests.flow_logic.simulator import Simulator

PROGRAMS = int(os.environ.get("POSTMILL_FLOW_PROGRAMS", "300"))
ARGS = {"n": 3, "x": 5}


@settings(
    max_examples=PROGRAMS, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip
@given(flow=flows, plan=plans, seed=st.integers(0, 2**32))
def test_the_engine_agrees_with_the_interpreter(flow: dict[str, Any], plan: Plan, seed: int) -> None:
    simulator = Simulator(plan, random.Random(seed))
    status, value = simulator.run(flow, ARGS)
    if simulator.is_canceled and status == "canceled":
        return
    seen = Seen()
    expected = Interpreter.run(flow, ARGS, plan, seen=seen)
    if simulator.is_canceled:
        # Steps that were canceled may have failed the flow before it heard of it itself.
        return
    assert (status, plain(value)) == (expected.status, plain(expected.value))
    assert plain(simulator.seen.early) == plain(seen.early)
