"""What jobs put out while they run and when they end."""
