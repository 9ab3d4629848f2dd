-- name: lock_path
-- Deployments of one path wait for each other until the end of the transaction.
select pg_advisory_xact_lock(hashtextextended('flow:' || $1::text || ':' || $2::text, 0));

-- name: head
-- The newest version of a path, archived or not.
select v.*, f.archived, f.extra_perms
from flow f join flow_version v on v.id = f.version_id
where f.workspace_id = $1 and f.path = $2;

-- name: by_version
-- One version, also of an archived flow.
select v.*, f.archived, f.extra_perms
from flow_version v join flow f on f.workspace_id = v.workspace_id and f.path = v.path
where v.workspace_id = $1 and v.id = $2;

-- name: add
-- A path without versions yet; the version is set right after, in the same transaction.
insert into flow (workspace_id, path, version_id, extra_perms) values ($1, $2, 0, $3::jsonb);

-- name: add_version
-- A new version, the newest of its path from now on; restores an archived one.
with added as (
    insert into flow_version (
        workspace_id, path, summary, description, value, schema, settings, lock_job, deployment_message, created_by
    ) values ($1, $2, $3, $4, $5::json, $6::json, $7::jsonb, $8, $9, $10)
    returning id
)
update flow set version_id = added.id, archived = false
from added
where flow.workspace_id = $1 and flow.path = $2
returning version_id;

-- name: move
-- Another path for the flow and its versions, which follow by their foreign key.
update flow set path = $3 where workspace_id = $1 and path = $2 returning path;

-- name: move_archived
-- The archived flows below the place $2 come to lie below $3, where nothing is there.
update flow set path = $3 || substr(flow.path, length($2) + 1)
where workspace_id = $1 and archived and starts_with(path, $2)
  and not exists (
      select from flow there
      where there.workspace_id = $1 and there.path = $3 || substr(flow.path, length($2) + 1)
  )
returning path;

-- name: set_value
-- The value of a version with the locks that were found.
update flow_version set value = $3::json, lock_error_logs = null where workspace_id = $1 and id = $2 returning path;

-- name: set_lock_error
-- Why the locks of a version were not found.
update flow_version set lock_error_logs = $3 where workspace_id = $1 and id = $2 returning path;

-- name: set_lock_error_of_job
-- The same for the version whose locks a job was to find, if no other job looks for them now.
update flow_version v set lock_error_logs = $2
from job
where job.id = $1 and job.kind = 'flowdependencies'
  and v.workspace_id = job.workspace_id and v.id = job.script_hash and v.lock_job = job.id
returning v.workspace_id, v.path;

-- name: set_lock_job
-- Which job looks for the locks now.
update flow_version set lock_job = $3, lock_error_logs = null where workspace_id = $1 and id = $2;

-- name: set_archived
update flow set archived = $3 where workspace_id = $1 and path = $2 returning path;

-- name: set_extra_perms
update flow set extra_perms = $3::jsonb where workspace_id = $1 and path = $2;

-- name: delete
-- Removes a flow with all its versions.
delete from flow where workspace_id = $1 and path = $2 returning path;

-- name: list_heads
-- The newest version of each path, with whether the caller starred it. $9 is the caller's e-mail address.
select v.*, f.archived, f.extra_perms,
       exists (
           select from favorite s
           where s.workspace_id = f.workspace_id and s.email = $9 and s.kind = 'flow' and s.path = f.path
       ) as starred
from flow f join flow_version v on v.id = f.version_id
where f.workspace_id = $1
  and f.archived = $2
  and ($3::text is null or starts_with(f.path, $3))
  and ($4::text is null or f.path = $4)
  and ($5::text is null or v.created_by = $5)
  and ($6::boolean is null or coalesce((v.settings ->> 'dedicated_worker')::boolean, false) = $6)
  and ($7::text is null or v.settings -> 'labels' ? $7)
  and (not $8::boolean or exists (
      select from favorite s
      where s.workspace_id = f.workspace_id and s.email = $9 and s.kind = 'flow' and s.path = f.path
  ))
  and true /* visible */
order by case when $10::boolean then v.id end desc, v.id
limit $11 offset $12;

-- name: list_paths
-- The paths of all live flows.
select f.path from flow f
where f.workspace_id = $1 and not f.archived
  and true /* visible */
order by f.path;

-- name: list_values
-- Values of all live flows, for searching in them.
select f.path, v.value
from flow f join flow_version v on v.id = f.version_id
where f.workspace_id = $1 and not f.archived
  and true /* visible */
order by f.path
limit $2;

-- name: history
-- The versions of a path, the newest first.
select id, path, deployment_message, created_by, created_at from flow_version
where workspace_id = $1 and path = $2
order by id desc
limit $3;

-- name: set_deployment_message
update flow_version set deployment_message = $4 where workspace_id = $1 and path = $2 and id = $3 returning id;

-- name: mute_error_handler
-- Whether failed runs of the flow are kept from the workspace's error handler.
update flow_version v set settings = jsonb_set(v.settings, '{ws_error_handler_muted}', to_jsonb($3::boolean))
from flow f
where f.workspace_id = $1 and f.path = $2 and v.id = f.version_id
returning v.id;

-- name: notify_changed
-- Tells every process to drop what it keeps of the path.
select pg_notify('flow_changed', $1::text || ':' || $2::text);

-- name: live_heads_in
-- The newest versions of live flows that mention a language.
select v.*, f.archived, f.extra_perms
from flow f join flow_version v on v.id = f.version_id
where f.workspace_id = $1 and not f.archived and strpos(v.value::text, '"' || $2 || '"') > 0
order by v.id;

-- name: drop_identities_of_others
-- What these makers ($2: user names) deployed in the workspace $1 (null: in any) runs as its callers again where it ran
-- as somebody else than its maker, unless its maker is an admin still. Tells every process.
with changed as (
    update flow_version as version set settings = version.settings - 'on_behalf_of' - 'on_behalf_of_email'
    where ($1::text is null or version.workspace_id = $1) and version.created_by = any ($2::text[])
      and version.settings ->> 'on_behalf_of' is distinct from 'u/' || version.created_by
      and version.settings ? 'on_behalf_of'
      and not exists (
          select from workspace_member as member
          where member.workspace_id = version.workspace_id and member.username = version.created_by
            and member.is_admin and not member.disabled)
    returning version.workspace_id, version.path
)
select count(pg_notify('flow_changed', workspace_id || ':' || path)::text) from changed;

-- name: running_as
-- The paths of all live flows that run as the identity $2, whoever starts them.
select f.path from flow f join flow_version v on v.id = f.version_id
where f.workspace_id = $1 and not f.archived and v.settings ->> 'on_behalf_of' = $2
order by f.path;

-- name: prune
-- Removes the versions that are not the newest of their path and that no queued run takes; answers how many they were.
with pruned as (
    delete from flow_version v using flow f
    where f.workspace_id = $1 and v.workspace_id = $1 and v.path = f.path and v.id <> f.version_id
      and not exists (
          select from queue q join job j on j.id = q.job_id
          where q.workspace_id = $1 and j.workspace_id = $1 and j.script_hash = v.id
            and j.kind in ('flow', 'flowdependencies')
      )
    returning v.path
)
select count(*) as pruned, count(pg_notify('flow_changed', $1::text || ':' || path)::text) as told from pruned;
