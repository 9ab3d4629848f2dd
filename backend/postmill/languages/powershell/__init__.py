"""PowerShell, on workers that have `pwsh`."""
