-- name: lock
-- One key is made at a time, for the rest of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('signing_key', 0));

-- name: served
-- The newest key, and those that signed what may still be good: until so many seconds ($1) after their successor
-- came. The newest first.
SELECT kid, sealed_key, created_at, succeeded_at IS NULL AS is_newest
FROM (
    SELECT kid, sealed_key, created_at, lead(created_at) OVER (ORDER BY created_at, kid) AS succeeded_at
    FROM signing_key
) AS known
WHERE succeeded_at IS NULL OR succeeded_at > now() - make_interval(secs => $1)
ORDER BY created_at DESC, kid DESC;

-- name: add
INSERT INTO signing_key (kid, sealed_key) VALUES ($1, $2);

-- name: keep_only
-- Forgets the others.
DELETE FROM signing_key WHERE kid <> ALL ($1::text[]);
