-- name: forget
-- Drops what an importer imported before.
delete from script_import where workspace_id = $1 and importer_path = $2;

-- name: remember
-- What an importer imports now.
insert into script_import (workspace_id, importer_path, imported_path)
select $1, $2, unnest($3::text[])
on conflict do nothing;

-- name: importers_of
-- The paths that import the given one.
select importer_path from script_import
where workspace_id = $1 and imported_path = $2 and importer_path <> $2
order by importer_path;

-- name: importers_of_visible
-- The same, among the scripts the caller may read.
select distinct i.importer_path
from script_import i
join script s on s.workspace_id = i.workspace_id and s.path = i.importer_path and not s.deleted and not s.archived
where i.workspace_id = $1 and i.imported_path = $2
  and true /* visible */
order by i.importer_path;

-- name: edges
-- Which script imports which, among those the caller may read; $2 only what imports this, $3 only what this imports.
-- An import of a name may mean a script of that name, or one that holds the name: those that exist count.
select distinct i.importer_path, i.imported_path
from script_import i
join script s on s.workspace_id = i.workspace_id and s.path = i.importer_path and not s.deleted and not s.archived
where i.workspace_id = $1 and ($2::text[] is null or i.imported_path = any($2)) and ($3::text is null or i.importer_path = $3)
  and exists (select from script t where t.workspace_id = $1 and t.path = i.imported_path and not t.deleted and not t.archived)
  and true /* visible */
order by i.importer_path, i.imported_path
limit $4;
