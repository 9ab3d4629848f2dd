"""Floor 7: new versions of runnables, from the request to the version that runs by path take."""
