"""How a request to start a job is read: its arguments, in whatever form, and the options of its run."""
