-- Objects of instances that have no object store of their own; and rows of results that were too large for memory.
CREATE TABLE stored_object (
    key text COLLATE "C" PRIMARY KEY,
    blob_id uuid NOT NULL,
    size_bytes bigint NOT NULL,
    content_type text,
    modified_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE stored_rows (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    object_key text NOT NULL,
    row_count bigint, -- null while they are written
    size_bytes bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stored_rows_of_job ON stored_rows (job_id);
