-- The columns of a result set whose JSON does not tell them: one without rows, or with names that are numbers, which
-- JavaScript would sort.
CREATE TABLE result_column (
    job_id uuid PRIMARY KEY,
    names text[] NOT NULL
);
