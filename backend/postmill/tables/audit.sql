-- name: record
INSERT INTO audit (workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)
