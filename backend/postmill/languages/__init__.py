"""Floor 4: one file or folder per language, one registry line each. Never reads the database."""
