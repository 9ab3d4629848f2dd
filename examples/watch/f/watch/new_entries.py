"""Report only what is new since the last run: the state lives between runs."""

import wmill


def main(entries: list[str] = ["first", "second"]) -> dict:
    seen = set(wmill.get_state() or [])
    new = [entry for entry in entries if entry not in seen]
    wmill.set_state(sorted(seen | set(entries)))
    print(f"{len(new)} new of {len(entries)}")
    return {"new": new, "known": len(seen)}
