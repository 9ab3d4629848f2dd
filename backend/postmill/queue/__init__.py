"""Floor 5: the life of a job row: push, claim, heartbeat, complete, cancel, rescue, limits.

    push -> ready -> running -> completed
            scheduled (its time has not come) -> ready
            parked (no permit of its concurrency key is free) -> ready
            running -> ready (worker lost or leaving), -> scheduled (failed, runs again)

Knows neither what a job runs nor why it was launched.
"""
