-- name: forget
-- Drops what a flow used before.
delete from flow_use where workspace_id = $1 and flow_path = $2;

-- name: remember
-- What a flow uses now.
insert into flow_use (workspace_id, flow_path, kind, used_path)
select $1, $2, kind, path from unnest($3::text[], $4::text[]) as used (kind, path)
on conflict do nothing;

-- name: importers_of
-- The live flows whose inline code imports a script.
select u.flow_path
from flow_use u join flow f on f.workspace_id = u.workspace_id and f.path = u.flow_path and not f.archived
where u.workspace_id = $1 and u.kind = 'import' and u.used_path = $2
order by u.flow_path;

-- name: users_of
-- The live flows, of those the caller may see, that run or import a script, run a flow, or import alone ($2 script,
-- flow or import, $3 path); with $4 one below $3.
select distinct f.path
from flow_use u join flow f on f.workspace_id = u.workspace_id and f.path = u.flow_path and not f.archived
where u.workspace_id = $1 and u.kind = any (case when $2 = 'script' then array['script', 'import'] else array[$2] end)
  and (u.used_path = $3 or ($4::boolean and starts_with(u.used_path, $3)))
  and true /* visible */
order by f.path;

-- name: edges
-- Which flow's inline code imports which script, among the flows the caller may see; $2 and $3 as for scripts.
select distinct u.flow_path, u.used_path
from flow_use u join flow f on f.workspace_id = u.workspace_id and f.path = u.flow_path and not f.archived
where u.workspace_id = $1 and u.kind = 'import'
  and ($2::text[] is null or u.used_path = any($2)) and ($3::text is null or u.flow_path = $3)
  and exists (select from script t where t.workspace_id = $1 and t.path = u.used_path and not t.deleted and not t.archived)
  and true /* visible */
order by u.flow_path, u.used_path
limit $4;
