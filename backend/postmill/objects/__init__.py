"""Floor 3: large values as objects under keys, on this machine's disk or in S3, GCS or Azure."""
