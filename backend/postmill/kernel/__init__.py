"""Floor 0: errors, identifiers, the clock, settings and JSON. Imports nothing of ours."""
