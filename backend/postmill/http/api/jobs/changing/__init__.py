"""What is done to jobs that are there: canceled, marked, deleted, carried elsewhere."""
