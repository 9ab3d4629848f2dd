-- Deleted items, as the rows that they were: by table, each a list. They are kept for a few days.

create table trash_item (
    id bigint generated always as identity primary key,
    workspace_id text not null references workspace (id) on delete cascade,
    kind text not null,
    path text not null,
    rows json not null,
    deleted_by text not null,
    deleted_at timestamptz not null default clock_timestamp()
);
create index trash_item_of on trash_item (workspace_id, id desc);
create index trash_item_by_time on trash_item (deleted_at);
