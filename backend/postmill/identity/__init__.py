"""Floor 7: people, tokens, sessions, workspaces and their members."""
