"""Floor 4: one ``.sql`` file and one module per table, in a room for what the table is about."""
