"""Floor 10: the entries of the processes. They build pools, clocks and registries; nobody imports them."""
