"""Floor 1: the nouns of the system as records, one noun per file."""
