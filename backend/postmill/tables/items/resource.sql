-- name: get
-- One resource.
select * from resource where workspace_id = $1 and path = $2;

-- name: get_many
-- Resources of several workspaces: $1 and $2 hold workspace and path of each.
select resource.*
from unnest($1::text[], $2::text[]) as wanted (workspace_id, path)
join resource on resource.workspace_id = wanted.workspace_id and resource.path = wanted.path;

-- name: get_for_update
-- One resource, locked for the rest of the transaction.
select * from resource where workspace_id = $1 and path = $2 for update;

-- name: list_visible
-- The filters are optional; texts match anywhere, whatever their case.
select r.*
from resource r
where r.workspace_id = $1
  and ($2::text[] is null or r.resource_type = any ($2))
  and ($3::text[] is null or r.resource_type <> all ($3))
  and ($4::text is null or starts_with(r.path, $4))
  and ($5::text is null or strpos(lower(r.path), lower($5)) > 0)
  and ($6::text is null or strpos(lower(r.description), lower($6)) > 0)
  and ($7::text is null or strpos(lower(r.value::text), lower($7)) > 0)
  and ($8::text is null or strpos(lower(r.path), lower($8)) > 0 or strpos(lower(r.description), lower($8)) > 0
       or strpos(lower(r.resource_type), lower($8)) > 0 or strpos(lower(r.value::text), lower($8)) > 0)
  and ($9::text is null or $9 = any (r.labels))
  and true /* visible */
order by r.path
limit $10 offset $11;

-- name: list_names
-- The paths of one type.
select r.path
from resource r
where r.workspace_id = $1 and r.resource_type = $2
  and true /* visible */
order by r.path
limit $3;

-- name: counts_by_type
-- How many resources of each type the caller sees.
select r.resource_type, count(*) as number
from resource r
where r.workspace_id = $1
  and true /* visible */
group by r.resource_type
order by r.resource_type;

-- name: add
-- A duplicate path is refused by the primary key.
insert into resource (workspace_id, path, value, description, resource_type, labels, ws_specific, created_by)
values ($1, $2, $3::json, $4, $5, $6, $7, $8)
on conflict do nothing
returning path;

-- name: update
-- Writes all members; the path may change.
update resource
set path = $3, value = $4::json, description = $5, resource_type = $6, labels = $7, ws_specific = $8,
    edited_at = clock_timestamp()
where workspace_id = $1 and path = $2;

-- name: set_extra_perms
-- The grants alone.
update resource set extra_perms = $3::jsonb where workspace_id = $1 and path = $2;

-- name: delete
-- Removes one resource.
delete from resource where workspace_id = $1 and path = $2 returning path;

-- name: add_version
-- Keeps the value that a resource gets.
insert into resource_version (workspace_id, path, number, value, created_by)
values (
    $1, $2,
    1 + coalesce((select max(number) from resource_version where workspace_id = $1 and path = $2), 0),
    $3::json, $4
);

-- name: trim_versions
-- Keeps the newest versions only.
delete from resource_version
where workspace_id = $1 and path = $2 and id not in (
    select id from resource_version where workspace_id = $1 and path = $2 order by id desc limit $3
);

-- name: move_versions
-- The history follows a resource to its new path.
update resource_version set path = $3 where workspace_id = $1 and path = $2;

-- name: list_versions
-- The newest first.
select id, number, path, value, created_by, created_at from resource_version
where workspace_id = $1 and path = $2
order by id desc;

-- name: get_version
-- One value that a resource had.
select id, number, path, value, created_by, created_at from resource_version where workspace_id = $1 and id = $2;

-- name: delete_versions
-- Forgets the history of a resource.
delete from resource_version where workspace_id = $1 and path = $2;

-- name: prune_versions
-- Forgets the values that resources had before their present one; answers how many they were.
with pruned as (
    delete from resource_version v
    where v.workspace_id = $1
      and exists (
          select from resource_version newer
          where newer.workspace_id = $1 and newer.path = v.path and newer.id > v.id
      )
    returning v.id
)
select count(*) as pruned from pruned;

-- name: list_paths
-- The paths of all resources.
select r.path from resource r
where r.workspace_id = $1
  and true /* visible */
order by r.path;
