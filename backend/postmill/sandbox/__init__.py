"""Floor 3: child processes that can reach nothing but what they are given, with limits on what they use."""
