"""Routes that start jobs, and those that wait for what comes of it."""
