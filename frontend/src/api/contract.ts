/** Answers of the API as the server declares them; written by `./dev contracts`. */

export type Capabilities = {
  code: boolean;
  flows: "compose" | "full" | "none";
  apps: "compose" | "full" | "none";
  manage_schedules: boolean;
  manage_triggers: boolean;
  visibility: Record<string, boolean>;
};

export type ContextualVariable = {
  name: string;
  value: string;
  description: string;
  is_custom: boolean;
};

export type DeploymentStatus = {
  lock?: string;
  lock_error_logs?: string;
  job_id?: string;
};

export type FlowVersion = {
  id: number;
  created_at: string;
  created_by: string;
  deployment_msg?: string;
};

export type Folder = {
  name: string;
  display_name: string;
  owners: string[];
  extra_perms: Record<string, boolean>;
  summary?: string | null;
  created_by?: string | null;
  edited_at?: string | null;
  default_permissioned_as?: unknown;
  labels?: string[];
};

export type Group = {
  name: string;
  summary: string;
  members: string[];
  extra_perms: Record<string, boolean>;
};

export type InstanceStatus = {
  version: string;
  first_start_done: boolean;
  sign_in: string[];
  signed_in: boolean;
};

export type InstanceWorkspace = {
  id: string;
  name: string;
  owner: string;
  created_at: string;
  deleted: boolean;
  color?: string | null;
};

export type ResourceHistory = {
  versions: ResourceVersion[];
  versioned: boolean;
};

export type ResourceVersion = {
  id: number;
  version: number;
  created_at: string;
  created_by: string;
};

export type Token = {
  token_prefix: string;
  created_at: string;
  last_used_at: string;
  read_only: boolean;
  email: string;
  label?: string | null;
  expiration?: string | null;
  scopes?: string[] | null;
  workspace_id?: string | null;
};

export type Variable = {
  workspace_id: string;
  path: string;
  value: string | null;
  is_secret: boolean;
  description: string;
  extra_perms: Record<string, boolean>;
  is_oauth: boolean;
  is_expired: boolean;
  is_linked: boolean;
  is_refreshed: boolean;
  labels: string[];
  ws_specific: boolean;
  edited_at: string;
  edited_by: string;
  account?: number;
  expires_at?: string;
};

export type Workspace = {
  id: string;
  name: string;
  username: string;
  color: string;
  operator_settings: Record<string, unknown> | null;
  is_dev_workspace: boolean;
  created_by: string;
  disabled: boolean;
  role: "admin" | "developer" | "operator";
  capabilities: Capabilities;
};

export type WorkspaceList = {
  email: string;
  workspaces: Workspace[];
};
