"""Floor 9: the HTTP surface. One table of operations per area; a handler parses, calls one function, encodes."""
