"""Workspaces and what is set for all that lives in one."""
