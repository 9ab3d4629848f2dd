"""Jobs over HTTP: start them, wait for them, follow them, read them, list them, cancel them."""
