"""Floor 6: "run this, with these arguments, as this person" becomes a queued job."""
