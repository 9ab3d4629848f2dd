-- name: record
INSERT INTO audit (workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)

-- name: list_entries
-- Newest first; every filter may be null. $2: only what this account did, for others than admins.
SELECT id, at, workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome
FROM audit
WHERE ($1::text IS NULL OR workspace_id = $1)
  AND ($2::text IS NULL OR email = $2)
  AND ($3::timestamptz IS NULL OR at < $3)
  AND ($4::timestamptz IS NULL OR at > $4)
  AND ($5::text IS NULL OR username = $5 OR email = $5)
  AND ($6::text[] IS NULL OR action = ANY($6))
  AND ($7::text[] IS NULL OR action <> ALL($7))
  AND ($8::text IS NULL OR resource = $8)
  AND ($9::text IS NULL OR kind = $9)
ORDER BY id DESC LIMIT $10 OFFSET $11

-- name: get_entry
SELECT id, at, workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome
FROM audit
WHERE id = $1 AND workspace_id = $2 AND ($3::text IS NULL OR email = $3)

-- name: allow_retention
-- For this transaction, old entries may go.
SELECT set_config('postmill.audit_retention', 'on', true)

-- name: delete_older
DELETE FROM audit WHERE at < now() - make_interval(days => $1)
