"""Flows and workflows that run, and the answers that they wait for."""
