-- The keys that sign what runs show to others as their identity. The newest signs.
CREATE TABLE signing_key (
    kid text PRIMARY KEY,
    sealed_key text NOT NULL, -- PEM, sealed with the instance key
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
