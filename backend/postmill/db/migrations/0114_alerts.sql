-- What the people who run the instance, or a workspace, have to look at: once for as long as it lasts.

create table alert (
    id bigint generated always as identity primary key,
    kind text not null,
    about text not null, -- what it is about: a tag, a worker, a run
    message text not null,
    workspace_id text references workspace (id) on delete cascade, -- null: the instance as a whole
    created_at timestamptz not null default clock_timestamp(),
    over_at timestamptz, -- since when it is no longer so
    acknowledged_at timestamptz,
    acknowledged_by text
);
create unique index alert_present on alert (kind, about) where over_at is null;
create index alert_of_workspace on alert (workspace_id, id desc);
create index alert_by_time on alert (created_at);
