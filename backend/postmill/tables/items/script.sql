-- name: by_hash
-- One version, also archived and deleted ones.
select * from script where workspace_id = $1 and hash = $2;

-- name: head
-- The newest version of a path that is not deleted, whether it can be run or not.
select * from script
where workspace_id = $1 and path = $2 and not deleted
order by version desc
limit 1;

-- name: deployed_version
-- The version that a run by path takes.
select * from script
where workspace_id = $1 and path = $2
  and not deleted and not archived
  and lock is not null and lock_error_logs is null
order by version desc
limit 1;

-- name: previous_lock
-- The lock of the version that was deployed before the given one; no row when there was none.
select lock from script
where workspace_id = $1 and path = $2 and version < $3
  and not deleted and not archived
  and lock is not null and lock_error_logs is null
order by version desc
limit 1;

-- name: child_of
-- A version that continues the given one.
select hash from script where workspace_id = $1 and parent_hashes[1] = $2 and not deleted limit 1;

-- name: lock_path
-- Serialises the deployments of one path for the rest of the transaction.
select pg_advisory_xact_lock(hashtextextended('script:' || $1::text || ':' || $2::text, 0));

-- name: add
-- A new version; the answer is its version number.
insert into script (
    workspace_id, hash, path, parent_hashes, summary, description, content, language, kind, schema, modules,
    is_template, auto_kind, has_preprocessor, settings, lock, lock_job, deployment_message, extra_perms, created_by
) values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::json, $11::json,
    $12, $13, $14, $15::jsonb, $16, $17, $18, $19::jsonb, $20
)
returning version;

-- name: set_lock
-- Makes a version runnable; a version that has a lock keeps it.
update script set lock = $3, lock_error_logs = null
where workspace_id = $1 and hash = $2 and lock is null and not deleted
returning path;

-- name: set_lock_error
-- Keeps the words of the resolver with the version that could not be locked.
update script set lock_error_logs = $3
where workspace_id = $1 and hash = $2 and lock is null and not deleted
returning path;

-- name: set_lock_error_of_job
-- The same for the version whose lock a job was to find, if no other job looks for it now.
update script s set lock_error_logs = $2
from job
where job.id = $1 and job.kind = 'dependencies'
  and s.workspace_id = job.workspace_id and s.hash = job.script_hash
  and s.lock_job = job.id and s.lock is null and not s.deleted
returning s.workspace_id, s.path;

-- part: is_newest
-- Of the versions of a path, the one that stands for it.
not s.deleted
  and not exists (
      select from script newer
      where newer.workspace_id = s.workspace_id and newer.path = s.path
        and newer.version > s.version and not newer.deleted
  )

-- part: is_live
-- The same, where it is not archived.
not s.archived and /* part: is_newest */

-- name: move_archived
-- What is archived below the place $2 comes to lie below $3, unless a path there belongs to something else: a script that
-- continues it does not count as such. The old paths, some of them repeatedly.
with moved as (
    select s.workspace_id, s.hash, s.path, $3 || substr(s.path, length($2) + 1) as new_path
    from script s
    where s.workspace_id = $1 and s.archived and starts_with(s.path, $2)
)
update script set path = moved.new_path
from moved
where script.workspace_id = moved.workspace_id and script.hash = moved.hash
  and not exists (
      select from script there
      where there.workspace_id = moved.workspace_id and there.path = moved.new_path
        and not moved.hash = any (there.parent_hashes)
  )
returning moved.path;

-- name: list_heads
-- The newest version of each path, with whether the caller starred it. $16 is the caller's e-mail address.
select s.*,
       exists (
           select from favorite f
           where f.workspace_id = s.workspace_id and f.email = $16 and f.kind = 'script' and f.path = s.path
       ) as starred
from script s
where s.workspace_id = $1
  and /* part: is_newest */
  and s.archived = $2
  and ($3::text is null or starts_with(s.path, $3))
  and ($4::text is null or s.path = $4)
  and ($5::text is null or s.created_by = $5)
  and ($6::bigint is null or s.parent_hashes[cardinality(s.parent_hashes)] = $6)
  and ($7::bigint is null or s.parent_hashes[1] = $7)
  and ($8::bigint is null or $8 = any (s.parent_hashes))
  and ($9::boolean or s.auto_kind is distinct from 'lib')
  and ($10::boolean is null or s.is_template = $10)
  and ($11::text[] is null or s.kind = any ($11))
  and ($12::text[] is null or s.language = any ($12))
  and ($13::boolean is null or coalesce((s.settings ->> 'dedicated_worker')::boolean, false) = $13)
  and ($14::text is null or s.settings -> 'labels' ? $14)
  and (not $15::boolean or exists (
      select from favorite f
      where f.workspace_id = s.workspace_id and f.email = $16 and f.kind = 'script' and f.path = s.path
  ))
  and true /* visible */
order by case when $17::boolean then s.version end desc, s.version
limit $18 offset $19;

-- name: list_paths
-- The paths of all live scripts.
select s.path
from script s
where s.workspace_id = $1
  and /* part: is_live */
  and true /* visible */
order by s.path;

-- name: list_contents
-- Code of all live scripts, for searching in it.
select s.path, s.content
from script s
where s.workspace_id = $1
  and /* part: is_live */
  and true /* visible */
order by s.path
limit $2;

-- name: history
-- The versions of a path, the newest first; a rename keeps what came before, through the parents of the head.
select hash, deployment_message, created_by, created_at, version, path from script
where workspace_id = $1 and not deleted
  and (path = $2 or hash = any ($3::bigint[]))
order by version desc
limit $4;

-- name: folder_exists
-- Whether live scripts the caller may read lie below the path.
select exists (
    select from script s
    where s.workspace_id = $1 and starts_with(s.path, $2) and not s.deleted and not s.archived
      and true /* visible */
);

-- name: set_deployment_message
-- The remark of a version in the history.
update script set deployment_message = $4 where workspace_id = $1 and hash = $2 and path = $3 returning hash;

-- name: archive_path
-- Nothing of the path can be run by path any more; it stays readable and can be restored by a new version.
update script set archived = true where workspace_id = $1 and path = $2 and not deleted and not archived
returning hash;

-- name: archive_version
-- One version, no longer picked by runs by path.
update script set archived = true where workspace_id = $1 and hash = $2 and not deleted returning hash;

-- name: delete_version
-- Removes what a version held; its row stays, so that runs keep their reference and the hash stays taken.
update script
set deleted = true, archived = true, content = '', lock = '', lock_error_logs = null, schema = null, modules = null
where workspace_id = $1 and hash = $2
returning path;

-- name: delete_path
-- Removes a path with all its versions.
delete from script where workspace_id = $1 and path = $2 returning hash;

-- name: mute_error_handler
-- Whether failed runs of the path are kept from the workspace's error handler.
update script set settings = jsonb_set(settings, '{ws_error_handler_muted}', to_jsonb($3::boolean))
where workspace_id = $1 and path = $2 and not deleted
returning hash;

-- name: notify_changed
-- Tells every process to drop what it keeps of the path.
select pg_notify('script_changed', $1::text || ':' || $2::text);

-- name: set_extra_perms
-- The grants of every version of a path.
update script set extra_perms = $3::jsonb where workspace_id = $1 and path = $2;

-- name: set_lock_job
-- Which job looks for the lock now.
update script set lock_job = $3 where workspace_id = $1 and hash = $2;

-- name: live_heads
-- The newest versions of all live scripts of a language.
select s.*
from script s
where s.workspace_id = $1 and s.language = $2
  and /* part: is_live */
order by s.version;

-- name: list_sources
-- Path and version of all live scripts in the languages $2.
select s.path, s.hash
from script s
where s.workspace_id = $1
  and /* part: is_live */
  and s.language = any ($2::text[])
  and true /* visible */
order by s.path;

-- name: contents_of
-- The code of versions, by their hashes.
select hash, content from script where workspace_id = $1 and hash = any ($2::bigint[]) and not deleted;

-- name: search_contents
-- Live scripts whose code holds the text $2; with $3 in any case.
select s.path, s.language, s.summary, s.content
from script s
where s.workspace_id = $1
  and /* part: is_live */
  and case when $3::boolean then strpos(lower(s.content), lower($2::text)) > 0 else strpos(s.content, $2::text) > 0 end
  and true /* visible */
order by s.path
limit $4;

-- name: drop_identities_of_others
-- What these makers ($2: user names) deployed in the workspace $1 (null: in any) runs as its callers again where it ran
-- as somebody else than its maker, unless its maker is an admin still. Tells every process.
with changed as (
    update script as version set settings = version.settings - 'on_behalf_of' - 'on_behalf_of_email'
    where ($1::text is null or version.workspace_id = $1) and version.created_by = any ($2::text[])
      and version.settings ->> 'on_behalf_of' is distinct from 'u/' || version.created_by
      and version.settings ? 'on_behalf_of'
      and not exists (
          select from workspace_member as member
          where member.workspace_id = version.workspace_id and member.username = version.created_by
            and member.is_admin and not member.disabled)
    returning version.workspace_id, version.path
)
select count(pg_notify('script_changed', workspace_id || ':' || path)::text) from changed;

-- name: running_as
-- The paths of all live scripts that run as the identity $2, whoever starts them.
select s.path from script s
where s.workspace_id = $1 and s.settings ->> 'on_behalf_of' = $2
  and /* part: is_live */
order by s.path;

-- name: prune
-- Removes the versions that nothing takes any more: neither the newest of a path, nor the one that runs by path take,
-- nor one that a queued run or a flow names, as it is now or as a queued run of it has it. Tells every process, and
-- answers how many they were.
with runs as (
    select j.id, j.kind, j.script_hash from queue q join job j on j.id = q.job_id
    where q.workspace_id = $1 and j.workspace_id = $1
), flows as (
    select v.value::text as value from flow_version v
    where v.workspace_id = $1 and v.id in (
        select version_id from flow where workspace_id = $1
        union
        select script_hash from runs where kind in ('flow', 'flowdependencies')
    )
    union all
    select j.raw_code from runs join job j on j.id = runs.id where runs.kind = 'flowpreview'
), named as (
    select distinct word[1] as hash from flows, regexp_matches(flows.value, '"([0-9a-f]+)"', 'g') as word
), pruned as (
    delete from script s
    where s.workspace_id = $1
      and exists (
          select from script newer
          where newer.workspace_id = s.workspace_id and newer.path = s.path and newer.version > s.version
            and not newer.deleted
      )
      and not (
          not s.deleted and not s.archived and s.lock is not null and s.lock_error_logs is null
          and not exists (
              select from script newer
              where newer.workspace_id = s.workspace_id and newer.path = s.path and newer.version > s.version
                and not newer.deleted and not newer.archived
                and newer.lock is not null and newer.lock_error_logs is null
          )
      )
      and not exists (select from runs where runs.script_hash = s.hash)
      and lpad(to_hex(s.hash), 16, '0') not in (select hash from named)
    returning s.path
)
select count(*) as pruned, count(pg_notify('script_changed', $1::text || ':' || path)::text) as told from pruned;
