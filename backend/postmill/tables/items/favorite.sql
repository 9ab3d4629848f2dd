-- name: star
-- Starring twice is starring once.
insert into favorite (workspace_id, email, kind, path) values ($1, $2, $3, $4) on conflict do nothing;

-- name: unstar
-- Unstarring what is not starred changes nothing.
delete from favorite where workspace_id = $1 and email = $2 and kind = $3 and path = $4;

-- name: is_starred
-- Whether somebody starred an item.
select exists (select from favorite where workspace_id = $1 and email = $2 and kind = $3 and path = $4);

-- name: move
-- Stars follow an item to its new path.
update favorite set path = $4
where workspace_id = $1 and kind = $2 and path = $3
  and not exists (
      select from favorite taken
      where taken.workspace_id = $1 and taken.email = favorite.email and taken.kind = $2 and taken.path = $4
  );
