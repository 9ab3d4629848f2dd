"""Many jobs: lists, counts and choices among them."""
