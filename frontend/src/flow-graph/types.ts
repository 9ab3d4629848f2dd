/** The shapes of an OpenFlow document. Members that no editor knows are kept: every edit spreads what it found. */

import type { RetryPolicy, Schema } from "@/api/types";

export type InputTransform =
  | { type: "static"; value?: unknown }
  | { type: "javascript"; expr: string }
  | { type: "ai" };

export type Transforms = Record<string, InputTransform>;

export type StopAfterIf = {
  expr: string;
  skip_if_stopped?: boolean;
  error_message?: string | null;
  error_include_result?: boolean;
};

export type Suspend = {
  required_events?: number;
  timeout?: number;
  resume_form?: { schema?: Schema };
  user_auth_required?: boolean;
  user_groups_required?: InputTransform;
  self_approval_disabled?: boolean;
  hide_cancel?: boolean;
  continue_on_disapprove_timeout?: boolean;
};

export type FlowRetry = RetryPolicy & { retry_if?: { expr: string } };

export type Branch = {
  summary?: string;
  expr?: string;
  skip_failure?: boolean;
  modules: FlowModule[];
};

export type RawScriptValue = {
  type: "rawscript";
  content: string;
  language: string;
  input_transforms: Transforms;
  lock?: string;
  path?: string;
  tag?: string;
  concurrent_limit?: number;
  concurrency_time_window_s?: number;
  custom_concurrency_key?: string;
};

export type ScriptValue = {
  type: "script";
  path: string;
  hash?: string;
  input_transforms: Transforms;
  tag_override?: string;
  pass_flow_input_directly?: boolean;
};

export type SubflowValue = {
  type: "flow";
  path: string;
  input_transforms: Transforms;
  pass_flow_input_directly?: boolean;
};

export type ForLoopValue = {
  type: "forloopflow";
  iterator: InputTransform;
  modules: FlowModule[];
  skip_failures: boolean;
  parallel?: boolean;
  parallelism?: InputTransform | number;
  squash?: boolean;
};

export type WhileLoopValue = {
  type: "whileloopflow";
  modules: FlowModule[];
  skip_failures: boolean;
  squash?: boolean;
};

export type BranchOneValue = { type: "branchone"; branches: Branch[]; default: FlowModule[] };
export type BranchAllValue = { type: "branchall"; branches: Branch[]; parallel?: boolean };
export type IdentityValue = { type: "identity" };
export type AgentValue = { type: "aiagent"; input_transforms: Transforms };

export type ModuleValue =
  | RawScriptValue
  | ScriptValue
  | SubflowValue
  | ForLoopValue
  | WhileLoopValue
  | BranchOneValue
  | BranchAllValue
  | IdentityValue
  | AgentValue;

/** How runs that come shortly after each other become one; absent members ask for nothing. */
export type Debouncing = {
  debounce_delay_s?: number;
  debounce_key?: string;
  debounce_args_to_accumulate?: string[];
  max_total_debouncing_time?: number;
  max_total_debounces_amount?: number;
};

export type FlowModule = {
  id: string;
  value: ModuleValue;
  summary?: string;
  stop_after_if?: StopAfterIf;
  stop_after_all_iters_if?: StopAfterIf;
  skip_if?: { expr: string };
  sleep?: InputTransform;
  suspend?: Suspend;
  retry?: FlowRetry;
  timeout?: InputTransform | number;
  cache_ttl?: number;
  mock?: { enabled?: boolean; return_value?: unknown };
  priority?: number;
  delete_after_secs?: number;
  continue_on_error?: boolean;
  debouncing?: Debouncing;
};

export type FlowNote = {
  id: string;
  text: string;
  position?: { x: number; y: number };
  size?: { width: number; height: number };
  color: string;
  type: "free" | "group";
  locked?: boolean;
  contained_node_ids?: string[];
};

export type FlowGroup = {
  summary?: string;
  note?: string;
  autocollapse?: boolean;
  start_id: string;
  end_id: string;
  color?: string;
};

export type FlowValue = Debouncing & {
  modules: FlowModule[];
  failure_module?: FlowModule;
  preprocessor_module?: FlowModule;
  same_worker?: boolean;
  preserve_step_tags?: boolean;
  concurrent_limit?: number;
  concurrency_key?: string;
  concurrency_time_window_s?: number;
  skip_expr?: string;
  cache_ttl?: number;
  delete_after_secs?: number;
  flow_env?: Record<string, unknown>;
  priority?: number;
  early_return?: string;
  notes?: FlowNote[];
  groups?: FlowGroup[];
};

export type OpenFlow = {
  summary: string;
  description?: string;
  value: FlowValue;
  schema?: Schema;
};

/** A list of steps: the flow's own, the body of a loop, or a branch (`default`, or its number). */
export type ListKey = { owner: string | null; list: "body" | "default" | number };

export type Place = ListKey & { index: number };

export const ROOT: ListKey = { owner: null, list: "body" };
export const FAILURE_ID = "failure";
export const PREPROCESSOR_ID = "preprocessor";
