"""Floor 9: commands for users of a running Postmill, and for their editors and pipelines."""
