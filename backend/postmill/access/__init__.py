"""Floor 2: who may do what, as pure rules and as the same rules in SQL."""
