-- name: note_present
-- The alerts of the kind $1 that hold now, about $2, in the words $3, of the workspaces $4 (null: the instance): the new ones
-- are kept and answered, those that hold no longer end.
WITH over AS (
    UPDATE alert SET over_at = now() WHERE kind = $1 AND over_at IS NULL AND about <> ALL($2::text[])
)
INSERT INTO alert (kind, about, message, workspace_id, acknowledged_at)
SELECT $1, about, message, workspace.id,
       CASE WHEN (workspace.settings ->> 'mute_critical_alerts')::boolean THEN now() END
FROM unnest($2::text[], $3::text[], $4::text[]) AS present (about, message, workspace_id)
LEFT JOIN workspace ON workspace.id = present.workspace_id
ON CONFLICT (kind, about) WHERE over_at IS NULL DO NOTHING
RETURNING message;

-- name: note_run
-- Something that happened once, to the run $2 in its workspace; that may be gone meanwhile. Where its admins want to
-- hear of nothing it waits for nobody.
INSERT INTO alert (kind, about, message, workspace_id, over_at, acknowledged_at)
SELECT $1, job.id::text, $3, workspace.id, now(),
       CASE WHEN (workspace.settings ->> 'mute_critical_alerts')::boolean THEN now() END
FROM job LEFT JOIN workspace ON workspace.id = job.workspace_id WHERE job.id = $2::uuid;

-- name: list_page
-- The newest first; $1 a workspace or null for all, $2 whether acknowledged or null. $3 limit, $4 offset.
SELECT id, kind AS alert_type, message, created_at, acknowledged_at IS NOT NULL AS acknowledged, workspace_id, over_at,
    CASE WHEN kind = 'run_lost' THEN about::uuid END AS job_id
FROM alert
WHERE ($1::text IS NULL OR workspace_id = $1) AND ($2::boolean IS NULL OR (acknowledged_at IS NOT NULL) = $2)
ORDER BY id DESC LIMIT $3 OFFSET $4;

-- name: count
SELECT count(*) FROM alert
WHERE ($1::text IS NULL OR workspace_id = $1) AND ($2::boolean IS NULL OR (acknowledged_at IS NOT NULL) = $2);

-- name: acknowledge
-- $1 a workspace or null for all; $2 an alert or null for all that nobody has acknowledged; $3 who.
UPDATE alert SET acknowledged_at = coalesce(acknowledged_at, now()), acknowledged_by = coalesce(acknowledged_by, $3)
WHERE ($1::text IS NULL OR workspace_id = $1) AND (id = $2::bigint OR ($2::bigint IS NULL AND acknowledged_at IS NULL))
RETURNING id;

-- name: forget_old
DELETE FROM alert WHERE created_at < now() - make_interval(days => $1) AND over_at IS NOT NULL;

-- name: unserved_lanes
-- Tags and workspaces of ready jobs whose tag no worker serves that was heard of within $1 seconds, where one has been due
-- for $2. Goes from tag to tag, and from workspace to workspace of those few, by the index: jobs may wait by the million.
WITH RECURSIVE waiting AS (
    (SELECT tag FROM queue WHERE state = 'ready' ORDER BY tag LIMIT 1)
    UNION ALL
    SELECT (SELECT tag FROM queue WHERE state = 'ready' AND tag > waiting.tag ORDER BY tag LIMIT 1)
    FROM waiting WHERE waiting.tag IS NOT NULL
), unserved AS (
    SELECT tag FROM waiting
    WHERE tag IS NOT NULL AND NOT EXISTS (
        SELECT FROM worker
        WHERE waiting.tag = ANY(tags) AND ping_at > now() - make_interval(secs => $1::double precision)
    )
), lane AS (
    SELECT tag, (
        SELECT workspace_id FROM queue WHERE state = 'ready' AND queue.tag = unserved.tag ORDER BY workspace_id LIMIT 1
    ) AS workspace_id
    FROM unserved
    UNION ALL
    SELECT tag, (
        SELECT workspace_id FROM queue
        WHERE state = 'ready' AND queue.tag = lane.tag AND queue.workspace_id > lane.workspace_id
        ORDER BY workspace_id LIMIT 1
    )
    FROM lane WHERE lane.workspace_id IS NOT NULL
)
SELECT tag, workspace_id FROM lane
WHERE EXISTS (
    SELECT FROM queue
    WHERE state = 'ready' AND queue.tag = lane.tag AND queue.workspace_id = lane.workspace_id
      AND scheduled_for < now() - make_interval(secs => $2::double precision)
)
ORDER BY tag, workspace_id LIMIT 100;

-- name: silent_workers
-- Workers that were not heard of for $1 seconds, and have not left.
SELECT name, worker_group FROM worker WHERE ping_at < now() - make_interval(secs => $1::double precision)
ORDER BY name LIMIT 100;
