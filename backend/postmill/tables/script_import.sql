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
