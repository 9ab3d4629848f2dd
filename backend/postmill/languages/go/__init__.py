"""Go: scripts are compiled once per version; a run is the start of the program in a waiting child."""
