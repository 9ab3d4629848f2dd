def main(name: str, message: str):
    """Runs when a step fails for good, and says why in plain words."""
    if name in ("SuspendedDisapproved", "SuspendedTimedOut"):
        return {"ordered": False, "because": message}
    return {"ordered": False, "because": f"the order could not be checked: {message}"}
