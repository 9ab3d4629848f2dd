"""Floor 7: what a workspace holds besides its runnables: variables, resources and types, drafts, inputs, stars."""
