/** Shapes of the server's answers, as far as the pages read them. Those of `contract.ts` are the server's own words. */

export type {
  Capabilities,
  ContextualVariable,
  DeploymentStatus,
  FlowVersion,
  Folder,
  Group,
  InstanceStatus,
  InstanceWorkspace,
  ResourceHistory,
  ResourceVersion,
  Token,
  Variable,
  Workspace,
  WorkspaceList,
} from "./contract";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Account = {
  email: string;
  login_type: string;
  super_admin: boolean;
  devops?: boolean;
  name?: string | null;
  username?: string | null;
  disabled?: boolean;
  operator_only?: boolean | null;
};

export type Member = {
  email: string;
  username: string;
  is_admin: boolean;
  is_super_admin: boolean;
  operator: boolean;
  disabled: boolean;
  created_at: string;
  groups?: string[];
  folders: string[];
  folders_read: string[];
  folders_owners: string[];
  added_via?: { source: string } | null;
  is_service_account?: boolean;
};

export type Language = "python3" | "bash";

export type Script = {
  workspace_id?: string;
  hash: string;
  path: string;
  parent_hashes?: string[] | null;
  summary: string;
  description: string;
  content: string;
  created_by: string;
  created_at: string;
  archived: boolean;
  deleted?: boolean;
  schema?: Schema | null;
  extra_perms?: Record<string, boolean>;
  lock?: string | null;
  lock_error_logs?: string | null;
  language: string;
  kind: string;
  starred?: boolean;
  tag?: string | null;
  concurrent_limit?: number | null;
  concurrency_time_window_s?: number | null;
  concurrency_key?: string | null;
  debounce_delay_s?: number | null;
  debounce_key?: string | null;
  debounce_args_to_accumulate?: string[] | null;
  max_total_debouncing_time?: number | null;
  max_total_debounces_amount?: number | null;
  cache_ttl?: number | null;
  dedicated_worker?: boolean | null;
  priority?: number | null;
  timeout?: number | null;
  delete_after_secs?: number | null;
  visible_to_runner_only?: boolean | null;
  auto_kind?: string | null;
  has_preprocessor?: boolean;
  labels?: string[] | null;
  is_draft?: boolean;
  draft_only?: boolean | null;
  retry?: RetryPolicy | null;
  ws_error_handler_muted?: boolean | null;
};

export type RetryPolicy = {
  constant?: { attempts: number; seconds: number };
  exponential?: { attempts: number; multiplier: number; seconds: number; random_factor?: number };
};

export type NewScript = {
  path: string;
  parent_hash?: string;
  summary: string;
  description: string;
  content: string;
  language: string;
  schema: Schema | null;
  kind?: string;
  tag?: string;
  concurrent_limit?: number;
  concurrency_time_window_s?: number;
  concurrency_key?: string;
  debounce_delay_s?: number;
  debounce_key?: string;
  debounce_args_to_accumulate?: string[];
  max_total_debouncing_time?: number;
  max_total_debounces_amount?: number;
  cache_ttl?: number;
  dedicated_worker?: boolean;
  priority?: number;
  timeout?: number;
  delete_after_secs?: number;
  visible_to_runner_only?: boolean;
  deployment_message?: string;
  has_preprocessor?: boolean;
  auto_kind?: string;
  labels?: string[];
  retry?: RetryPolicy;
};

export type ScriptVersion = {
  script_hash: string;
  deployment_msg?: string | null;
  created_at?: string;
  created_by?: string;
};
export type InferredSchema = {
  schema: Schema | null;
  auto_kind: string | null;
  has_preprocessor: boolean;
  error: null | { message: string; line?: number | null; column?: number | null };
};

/** JSON Schema as the server infers it from a signature (one argument or one nested property). */
export type Property = {
  type?: string;
  description?: string;
  title?: string;
  /** What other tools call the title. */
  label?: string;
  default?: Json;
  format?: string;
  enum?: Json[] | null;
  enumLabels?: Record<string, string>;
  contentEncoding?: string;
  originalType?: string;
  properties?: Record<string, Property>;
  required?: string[];
  order?: string[];
  oneOf?: Property[];
  items?: Property & { resourceType?: string };
  resourceType?: string;
  pattern?: string;
  customErrorMessage?: string;
  min?: number;
  max?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  password?: boolean;
  multiselect?: boolean;
  placeholder?: string;
  currency?: string;
  currencyLocale?: string;
  dateFormat?: string;
  minRows?: number;
  nullable?: boolean;
  /** A condition over the other fields, see `schema-form/condition.ts`. */
  showExpr?: string;
  /** How it is asked for, where there is a choice. */
  widget?: "radio" | "select" | "slider" | "input";
  const?: Json;
};

export type Schema = {
  $schema?: string;
  type?: string;
  /** Some clients store `{}` for code that they have not looked at. */
  properties?: Record<string, Property>;
  required?: string[];
  order?: string[];
};

export type Args = Record<string, unknown>;

type JobCommon = {
  id: string;
  workspace_id?: string;
  parent_job?: string | null;
  created_by?: string;
  created_at?: string;
  started_at?: string | null;
  script_path?: string | null;
  script_hash?: string | null;
  args?: Args | null;
  logs?: string | null;
  raw_code?: string | null;
  /** Of a flow's run: its steps as they ran. */
  raw_flow?: unknown;
  canceled: boolean;
  canceled_by?: string | null;
  canceled_reason?: string | null;
  job_kind: string;
  permissioned_as: string;
  language?: string | null;
  email: string;
  mem_peak?: number | null;
  tag: string;
  priority?: number | null;
  worker?: string | null;
  trigger_kind?: string | null;
  labels?: string[] | null;
  isolation?: string | null;
  attempt?: number | null;
  schedule_path?: string | null;
  /** Of a script with tasks: its steps by the id of their job, or by `_step/` and their key. */
  workflow_as_code_status?: Record<string, CodeStep> | null;
};

/** A step of a workflow as code, or a task of a script. */
export type CodeStep = {
  name: string;
  key?: string;
  kind?: "task" | "step" | "sleep" | "approval";
  scheduled_for?: string;
  started_at?: string;
  duration_ms?: number;
  status?: string;
};

export type QueuedJob = JobCommon & {
  type: "QueuedJob";
  running: boolean;
  scheduled_for?: string | null;
  suspend?: number | null;
  /** What a run that may not begin yet waits for. */
  waiting_for?: "time" | "concurrency";
};

export type CompletedJob = JobCommon & {
  type: "CompletedJob";
  duration_ms: number;
  completed_at?: string | null;
  success: boolean;
  is_skipped: boolean;
  deleted?: boolean;
  /** Somebody has dealt with a run that failed or was canceled. */
  resolved?: boolean;
  resolved_by?: string;
  resolved_at?: string;
  resolution_note?: string;
  result?: unknown;
  /** The columns of a list of rows in their order, where the rows do not tell them. */
  result_columns?: string[];
};

export type Job = QueuedJob | CompletedJob;

export type JobUpdate = {
  type?: "update" | "ping" | "timeout" | "notfound" | "error";
  running?: boolean | null;
  completed?: boolean | null;
  new_logs?: string | null;
  log_offset?: number | null;
  new_result_stream?: string | null;
  stream_offset?: number | null;
  mem_peak?: number | null;
  progress?: number | null;
  job?: Job | null;
  /** Of a flow's run: where each step stands. */
  flow_status?: unknown;
  workflow_as_code_status?: Record<string, CodeStep>;
  error?: string | null;
};

export type Resource = {
  path: string;
  description?: string | null;
  resource_type: string;
  value?: Json;
  extra_perms?: Record<string, boolean>;
  created_by?: string | null;
  edited_at?: string | null;
};

export type ResourceType = {
  workspace_id?: string | null;
  name: string;
  schema?: Schema | null;
  description?: string | null;
  created_by?: string | null;
  edited_at?: string | null;
};

export type Worker = {
  worker: string;
  worker_instance: string;
  last_ping?: number | null;
  started_at: string;
  ip: string;
  jobs_executed: number;
  custom_tags?: string[] | null;
  worker_group: string;
  wm_version: string;
  last_job_id?: string | null;
  last_job_workspace_id?: string | null;
  occupancy_rate?: number | null;
  occupancy_rate_5m?: number | null;
  memory?: number | null;
  vcpus?: number | null;
  memory_usage?: number | null;
  wm_memory_usage?: number | null;
  job_isolation?: string | null;
  slots?: number | null;
  busy?: number | null;
  draining?: boolean | null;
  isolation_reasons?: string[] | null;
};

export type AuditEntry = {
  workspace_id: string;
  id: number;
  timestamp: string;
  username: string;
  operation: string;
  action_kind: string;
  email?: string;
  /** `refused` where the person might not. */
  outcome?: string;
  resource?: string | null;
  /** With `action`, what was done, where `operation` is only the nearest word that public clients know. */
  parameters?: Record<string, unknown> | null;
  token_prefix?: string | null;
  address?: string | null;
};

export type TrashKind = "variable" | "resource" | "script" | "flow";

/** A deleted item; at `expires_at` it is gone for good. */
export type TrashItem = {
  id: number;
  workspace_id: string;
  item_kind: TrashKind;
  item_path: string;
  deleted_by: string;
  deleted_at: string;
  expires_at: string;
};

/** The rows that the item was, by table, the oldest version first; the value of a secret is left out. */
export type TrashItemWithData = TrashItem & { item_data: Record<string, Record<string, unknown>[]> };

export type SavedInput = {
  id: string;
  name: string;
  created_by: string;
  created_at: string;
  is_public: boolean;
  success?: boolean | null;
  args?: Args;
};

export type Draft = { value: unknown; created_at: string };
export type DraftSaved = { status: "saved" | "conflict"; current_timestamp: string };

export type WorkspaceHandler = {
  path: string;
  extra_args?: Record<string, unknown>;
  muted_on_cancel?: boolean;
  muted_on_user_path?: boolean;
  permissioned_as?: string;
};

export type WorkspaceSettings = {
  mute_critical_alerts?: boolean | null;
  workspace_id?: string;
  color?: string | null;
  webhook?: string | null;
  error_handler?: WorkspaceHandler;
  success_handler?: WorkspaceHandler;
  auto_invite?: {
    enabled?: boolean;
    /** `*` for every address. */
    domain?: string;
    operator?: boolean;
    mode?: "invite" | "add";
    instance_groups_roles?: Record<string, "admin" | "developer" | "operator">;
  };
  [key: string]: unknown;
};
