"""Floor 2: what a script takes and needs, read from its text. Pure: no input, output or clock."""
