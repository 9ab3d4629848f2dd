"""The pages of the manual, as they come with the platform, and a search in them."""
