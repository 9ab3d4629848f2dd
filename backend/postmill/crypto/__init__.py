"""Floor 3: keys and what is sealed with them."""
