-- name: store
-- The same content again is fresh again.
insert into raw_script (workspace_id, hash, content, created_by)
values ($1, $2, $3, $4)
on conflict (workspace_id, hash) do update set stored_at = clock_timestamp();

-- name: get
-- Content by its hash, which only who has the content can know.
select content from raw_script where workspace_id = $1 and hash = $2;

-- name: forget_old
-- Temporary code lives for a week.
delete from raw_script where workspace_id = $1 and stored_at < clock_timestamp() - interval '7 days';
