"""Requests that the server makes of its own accord, to addresses that people of workspaces chose."""
