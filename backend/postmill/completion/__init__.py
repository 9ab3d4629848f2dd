"""Floor 8: a job's attempt ended: record it, run it again if its policy says so, and do what follows from it."""
