"""Jobs from the queue to their end, and how they are seen."""
