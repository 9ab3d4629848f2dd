"""Python: requirements, locks, environments and the processes that run scripts."""
