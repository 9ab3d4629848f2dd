"""What has a path and an owner, and what belongs to it."""
