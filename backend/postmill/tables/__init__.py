"""Floor 4: one ``.sql`` file and one module per table."""
