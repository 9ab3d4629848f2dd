-- name: lock_keys
-- Serialises what happens to these concurrency keys for the rest of the transaction, always in the same order.
SELECT pg_advisory_xact_lock(hashtextextended('concurrency:' || key, 0))
FROM (SELECT DISTINCT key FROM unnest($1::text[]) AS key ORDER BY key) AS keys;

-- name: promote
-- Gives the free permits of these keys to their parked jobs, by priority, then by time. Needs lock_keys before it.
-- A job counts as running from here on. The limit is the one that the waiting job brought with it.
WITH expired AS (
    DELETE FROM concurrency_permit WHERE key = ANY($1::text[]) AND counts_until <= clock_timestamp()
), wanted AS (
    SELECT DISTINCT key FROM unnest($1::text[]) AS key
), held AS (
    SELECT key, count(*) AS permits FROM concurrency_permit
    WHERE key = ANY($1::text[]) AND (counts_until IS NULL OR counts_until > clock_timestamp())
    GROUP BY key
), next AS (
    SELECT head.job_id
    FROM wanted
    LEFT JOIN held ON held.key = wanted.key
    CROSS JOIN LATERAL (
        SELECT queue.job_id, queue.concurrency_limit,
               row_number() OVER (ORDER BY queue.priority DESC, queue.scheduled_for, queue.job_id) AS place
        FROM queue
        WHERE queue.state = 'parked' AND queue.concurrency_key = wanted.key
        ORDER BY queue.priority DESC, queue.scheduled_for, queue.job_id
        LIMIT 256
    ) AS head
    WHERE head.place + coalesce(held.permits, 0) <= coalesce(head.concurrency_limit, 1)
), promoted AS (
    UPDATE queue SET state = 'ready'
    FROM next WHERE queue.job_id = next.job_id AND queue.state = 'parked'
    RETURNING queue.job_id, queue.tag, queue.concurrency_key
), taken AS (
    INSERT INTO concurrency_permit (key, job_id) SELECT concurrency_key, job_id FROM promoted
), tags AS (
    SELECT string_agg(DISTINCT tag, ',') AS tags FROM promoted
)
SELECT (SELECT count(*) FROM promoted) AS promoted,
       (SELECT pg_notify('queue', CASE WHEN length(tags) < 1500 THEN tags ELSE '' END)::text
        FROM tags WHERE tags IS NOT NULL) AS announced;

-- name: parked_keys
-- The keys that jobs wait for, one index probe each.
WITH RECURSIVE parked AS (
    (SELECT concurrency_key AS key FROM queue WHERE state = 'parked' ORDER BY concurrency_key LIMIT 1)
    UNION ALL
    SELECT (
        SELECT queue.concurrency_key FROM queue
        WHERE queue.state = 'parked' AND queue.concurrency_key > parked.key
        ORDER BY queue.concurrency_key LIMIT 1
    )
    FROM parked WHERE parked.key IS NOT NULL
)
SELECT key FROM parked WHERE key IS NOT NULL;

-- name: seconds_to_next_window
-- How long until the next permit of these keys stops to count; null without one (greatest() alone takes null for 0).
SELECT CASE WHEN min(counts_until) IS NOT NULL
            THEN greatest(0, extract(epoch FROM min(counts_until) - clock_timestamp()))::double precision END
FROM concurrency_permit WHERE key = ANY($1::text[]) AND counts_until > clock_timestamp();

-- name: forget_old
-- Removes permits that count no more.
DELETE FROM concurrency_permit WHERE counts_until <= (SELECT clock_timestamp());

-- name: running_per_key
-- How many runs hold a permit of each key of a workspace.
SELECT permit.key, count(*) AS running
FROM concurrency_permit AS permit
WHERE permit.counts_until IS NULL
GROUP BY permit.key
ORDER BY permit.key;

-- name: prune
-- Forgets the ended runs that still count for a key; false when running ones hold permits.
DELETE FROM concurrency_permit WHERE key = $1 AND counts_until IS NOT NULL;
