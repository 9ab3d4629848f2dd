-- name: by_hash
-- A token that is still good, with what its account is.
SELECT t.prefix, t.kind, t.email, t.workspace_id, t.scopes, t.read_only, t.expires_at, a.is_superadmin,
       t.last_used_at < now() - interval '1 minute' AS use_is_stale
FROM token AS t JOIN account AS a ON a.email = t.email
WHERE t.hash = $1 AND NOT a.disabled AND (t.expires_at IS NULL OR t.expires_at > now())

-- name: touch
UPDATE token SET last_used_at = now() WHERE hash = $1

-- name: insert
INSERT INTO token (hash, prefix, kind, email, label, workspace_id, scopes, read_only, created_by_prefix, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: list_of
SELECT prefix, kind, email, label, workspace_id, scopes, read_only, created_at, expires_at, last_used_at
FROM token
WHERE email = $1 AND (expires_at IS NULL OR expires_at > now())
  AND NOT ($2 AND (kind = 'session' OR label LIKE 'ephemeral%'))
ORDER BY created_at DESC, prefix LIMIT $3 OFFSET $4

-- name: list_with_scope
-- The good tokens of a workspace that were made for the scopes $2; of one account only, unless $3 is null.
SELECT prefix, kind, email, label, workspace_id, scopes, read_only, created_at, expires_at, last_used_at
FROM token
WHERE workspace_id = $1 AND scopes && $2::text[] AND (expires_at IS NULL OR expires_at > now())
  AND ($3::text IS NULL OR email = $3)
ORDER BY created_at DESC, prefix LIMIT $4

-- name: get
SELECT prefix, kind, email, label, workspace_id, scopes, read_only, created_at, expires_at, last_used_at
FROM token WHERE email = $1 AND prefix = $2

-- name: beginning_with
-- Prefixes of the tokens of a kind whose text, as far as it is known, agrees with $3; two say that there are several.
SELECT prefix FROM token
WHERE email = $1 AND kind = $2 AND (starts_with(prefix, $3) OR starts_with($3, prefix)) LIMIT 2

-- name: delete
DELETE FROM token WHERE email = $1 AND prefix = $2 RETURNING prefix

-- name: delete_by_hash
DELETE FROM token WHERE hash = $1 RETURNING prefix, email

-- name: delete_sessions
-- Every sign-in of an account, except the one that asks.
DELETE FROM token WHERE email = $1 AND kind = 'session' AND hash IS DISTINCT FROM $2

-- name: delete_all_of
DELETE FROM token WHERE email = $1

-- name: update_scopes
UPDATE token SET scopes = $3 WHERE email = $1 AND prefix = $2 RETURNING prefix

-- name: update_label
UPDATE token SET label = $3 WHERE email = $1 AND prefix = $2 RETURNING prefix

-- name: delete_expired
DELETE FROM token WHERE expires_at < now()
