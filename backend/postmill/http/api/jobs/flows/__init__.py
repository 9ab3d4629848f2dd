"""What flows have besides: steps, restarts, values of their scripts, locks of their code."""
