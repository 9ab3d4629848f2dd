"""One job as its readers see it: its record, result, rows, log and figures, now and as it goes on."""
