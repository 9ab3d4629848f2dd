-- Groups of the whole instance: workspaces take their members in, and a role of the instance may come with them.
CREATE TABLE instance_group (
    name text PRIMARY KEY,
    summary text NOT NULL DEFAULT '',
    instance_role text CHECK (instance_role IN ('superadmin', 'devops')),
    scim_id text, -- what a directory calls it, kept for exports
    scim_display_name text,
    external_id text
);

CREATE TABLE instance_group_member (
    group_name text NOT NULL REFERENCES instance_group (name) ON DELETE CASCADE,
    email text NOT NULL CHECK (email = lower(email)),
    PRIMARY KEY (group_name, email)
);
CREATE INDEX instance_group_member_email ON instance_group_member (email);

-- Which workspaces take whom in, and as what.
CREATE TABLE workspace_instance_group (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    group_name text NOT NULL REFERENCES instance_group (name) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('admin', 'developer', 'operator')),
    PRIMARY KEY (workspace_id, group_name)
);
CREATE INDEX workspace_instance_group_name ON workspace_instance_group (group_name);

-- Members and roles that came with a group go with it; those that somebody gave by hand stay.
ALTER TABLE workspace_member ADD COLUMN by_group boolean NOT NULL DEFAULT false;
ALTER TABLE account ADD COLUMN role_source text NOT NULL DEFAULT 'manual'
    CHECK (role_source IN ('manual', 'instance_group'));
