"""The small JavaScript expressions of flows, evaluated apart from everything that is worth stealing."""
