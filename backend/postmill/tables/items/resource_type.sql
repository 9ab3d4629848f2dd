-- name: get
-- A type of the workspace, else the one of workspace "admins", which every workspace sees.
select * from resource_type
where name = $2 and workspace_id in ($1, 'admins')
order by workspace_id = $1 desc
limit 1;

-- name: list_all
-- All types that a workspace sees, its own before those of "admins".
select distinct on (name) * from resource_type
where workspace_id in ($1, 'admins')
order by name, workspace_id = $1 desc;

-- name: add
-- A new type of the workspace.
insert into resource_type (workspace_id, name, schema, description, format_extension, is_fileset, created_by)
values ($1, $2, $3::json, $4, $5, $6, $7)
on conflict do nothing
returning name;

-- name: update
-- Writes what may change of a type.
update resource_type
set schema = $3::json, description = $4, is_fileset = $5, edited_at = clock_timestamp()
where workspace_id = $1 and name = $2;

-- name: delete
-- Removes a type of the workspace; resources of the type stay.
delete from resource_type where workspace_id = $1 and name = $2 returning name;
