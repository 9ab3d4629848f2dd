"""Floor 2, pure: how a flow goes on. ``decide(view, state, event) -> Decision``; see the modules for the vocabulary."""
