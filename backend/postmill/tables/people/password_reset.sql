-- name: put
-- A new link takes the place of an older one.
INSERT INTO password_reset (email, token_hash, made_by, expires_at)
VALUES ($1, $2, $3, now() + make_interval(secs => $4::double precision))
ON CONFLICT (email) DO UPDATE SET
    token_hash = excluded.token_hash, made_by = excluded.made_by, expires_at = excluded.expires_at
RETURNING expires_at

-- name: take
-- Uses a link up; the account, where the link is good and the account may be used.
DELETE FROM password_reset AS r USING account AS a
WHERE r.token_hash = $1 AND r.expires_at > now() AND a.email = r.email AND NOT a.disabled
RETURNING r.email

-- name: forget_expired
DELETE FROM password_reset WHERE expires_at < now()
