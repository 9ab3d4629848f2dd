"""The instance: its settings, its trail, its machines."""
