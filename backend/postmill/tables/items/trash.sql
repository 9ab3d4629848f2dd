-- name: keep_variable
insert into trash_item (workspace_id, kind, path, rows, deleted_by)
select $1::text, 'variable', $2::text, json_build_object('variable', json_agg(kept)), $3::text
from variable kept where workspace_id = $1 and path = $2
having count(*) > 0;

-- name: keep_resource
-- With the values that it had.
insert into trash_item (workspace_id, kind, path, rows, deleted_by)
select $1::text, 'resource', $2::text,
       json_build_object(
           'resource', json_agg(kept),
           'resource_version', (
               select coalesce(json_agg(v order by v.id), '[]') from resource_version v
               where v.workspace_id = $1 and v.path = $2
           )
       ),
       $3::text
from resource kept where workspace_id = $1 and path = $2
having count(*) > 0;

-- name: keep_script
-- All versions, and what the newest imports.
insert into trash_item (workspace_id, kind, path, rows, deleted_by)
select $1::text, 'script', $2::text,
       json_build_object(
           'script', json_agg(kept order by kept.version),
           'script_import', (
               select coalesce(json_agg(i), '[]') from script_import i
               where i.workspace_id = $1 and i.importer_path = $2
           )
       ),
       $3::text
from script kept where workspace_id = $1 and path = $2
having count(*) > 0;

-- name: keep_flow
-- All versions, and what the newest uses.
insert into trash_item (workspace_id, kind, path, rows, deleted_by)
select $1::text, 'flow', $2::text,
       json_build_object(
           'flow', json_agg(kept),
           'flow_version', (
               select json_agg(v order by v.id) from flow_version v where v.workspace_id = $1 and v.path = $2
           ),
           'flow_use', (
               select coalesce(json_agg(u), '[]') from flow_use u where u.workspace_id = $1 and u.flow_path = $2
           )
       ),
       $3::text
from flow kept where workspace_id = $1 and path = $2
having count(*) > 0;

-- name: restore_variable
insert into variable
select kept.* from trash_item t, json_populate_recordset(null::variable, t.rows -> 'variable') kept
where t.workspace_id = $1 and t.id = $2;

-- name: restore_resource
insert into resource
select kept.* from trash_item t, json_populate_recordset(null::resource, t.rows -> 'resource') kept
where t.workspace_id = $1 and t.id = $2;

-- name: restore_resource_versions
insert into resource_version overriding system value
select kept.* from trash_item t, json_populate_recordset(null::resource_version, t.rows -> 'resource_version') kept
where t.workspace_id = $1 and t.id = $2;

-- name: restore_script
insert into script overriding system value
select kept.* from trash_item t, json_populate_recordset(null::script, t.rows -> 'script') kept
where t.workspace_id = $1 and t.id = $2;

-- name: restore_script_imports
insert into script_import
select kept.* from trash_item t, json_populate_recordset(null::script_import, t.rows -> 'script_import') kept
where t.workspace_id = $1 and t.id = $2
on conflict do nothing;

-- name: restore_flow
insert into flow
select kept.* from trash_item t, json_populate_recordset(null::flow, t.rows -> 'flow') kept
where t.workspace_id = $1 and t.id = $2;

-- name: restore_flow_versions
insert into flow_version overriding system value
select kept.* from trash_item t, json_populate_recordset(null::flow_version, t.rows -> 'flow_version') kept
where t.workspace_id = $1 and t.id = $2;

-- name: restore_flow_uses
insert into flow_use
select kept.* from trash_item t, json_populate_recordset(null::flow_use, t.rows -> 'flow_use') kept
where t.workspace_id = $1 and t.id = $2;

-- name: list_items
-- The newest first. $3 is for how many days they are kept.
select id, workspace_id, kind, path, deleted_by, deleted_at, deleted_at + make_interval(days => $3) as expires_at
from trash_item
where workspace_id = $1 and ($2::text is null or kind = $2)
order by id desc
limit $4 offset $5;

-- name: one
-- One item with its rows, locked for the rest of the transaction. $3 is for how many days they are kept.
select id, workspace_id, kind, path, deleted_by, deleted_at, deleted_at + make_interval(days => $3) as expires_at,
       rows
from trash_item
where workspace_id = $1 and id = $2
for update;

-- name: remove
delete from trash_item where workspace_id = $1 and id = $2;

-- name: empty
delete from trash_item where workspace_id = $1 returning id;

-- name: forget_old
-- Those that were deleted before so many days.
delete from trash_item where deleted_at < now() - make_interval(days => $1);
