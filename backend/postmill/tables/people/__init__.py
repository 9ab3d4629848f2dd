"""What is known of people: accounts, tokens, and what they belong to."""
