import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, pathOf, post, remove } from "@/api/client";
import type { Args, FlowVersion, Job, Schema } from "@/api/types";
import type { FlowStatus } from "@/flow-graph/status";
import type { FlowValue, OpenFlow } from "@/flow-graph/types";

/** A flow as the server stores it. */
export type Flow = OpenFlow & {
  path: string;
  edited_by?: string;
  edited_at?: string;
  archived?: boolean;
  starred?: boolean;
  draft_only?: boolean | null;
  is_draft?: boolean;
  tag?: string | null;
  timeout?: number | null;
  visible_to_runner_only?: boolean | null;
  labels?: string[] | null;
  version_id?: number;
  lock_error_logs?: string | null;
  extra_perms?: Record<string, boolean>;
  ws_error_handler_muted?: boolean | null;
};

/** What a flow's run has beyond a script's. */
export type FlowJob = Job & { flow_status?: FlowStatus | null; raw_flow?: FlowValue | null };

export type NewFlow = OpenFlow & {
  path: string;
  tag?: string;
  timeout?: number;
  visible_to_runner_only?: boolean;
  labels?: string[];
  deployment_message?: string;
  /** What is gone over: refused where it is not the newest version any more. */
  parent_version?: number;
};

const of = (workspace: string) => `/w/${workspace}/flows`;

export const flowsQuery = (workspace: string, filter: { archived?: boolean } = {}) =>
  queryOptions({
    queryKey: ["w", workspace, "flows", "list", filter],
    queryFn: ({ signal }) =>
      get<Flow[]>(
        `${of(workspace)}/list`,
        {
          per_page: 1000,
          order_desc: true,
          show_archived: filter.archived || undefined,
        },
        signal,
      ),
    staleTime: 5_000,
  });

export const flowQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "flows", "path", path],
    queryFn: ({ signal }) =>
      get<Flow>(`${of(workspace)}/get/${pathOf(path)}`, { with_starred_info: true }, signal),
    staleTime: 5_000,
    retry: (count, error) => count < 2 && !isStatus(error, 400, 401, 403, 404),
  });

export const flowVersionQuery = (workspace: string, version: number | string) =>
  queryOptions({
    queryKey: ["w", workspace, "flows", "version", String(version)],
    queryFn: ({ signal }) => get<Flow>(`${of(workspace)}/get/v/${version}`, undefined, signal),
    staleTime: 60_000,
  });

export const flowHistoryQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "flows", "history", path],
    queryFn: ({ signal }) =>
      get<FlowVersion[]>(`${of(workspace)}/history/p/${pathOf(path)}`, undefined, signal),
  });

export type FlowDeployment = { lock_error_logs?: string | null; job_id?: string | null };

export const flowDeploymentQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "flows", "deployment", path],
    queryFn: ({ signal }) =>
      get<FlowDeployment>(`${of(workspace)}/deployment_status/p/${pathOf(path)}`, undefined, signal),
    staleTime: 5_000,
  });

export const flowExists = (workspace: string, path: string) =>
  get<boolean>(`${of(workspace)}/exists/${pathOf(path)}`);
export const createFlow = (workspace: string, flow: NewFlow) => post<string>(`${of(workspace)}/create`, flow);
export const updateFlow = (workspace: string, path: string, flow: NewFlow) =>
  post<string>(`${of(workspace)}/update/${pathOf(path)}`, flow);
export const archiveFlow = (workspace: string, path: string) =>
  post<string>(`${of(workspace)}/archive/${pathOf(path)}`, { archived: true });
export const deleteFlow = (workspace: string, path: string) =>
  remove<string>(`${of(workspace)}/delete/${pathOf(path)}`);

const jobs = (workspace: string) => `/w/${workspace}/jobs`;

export type FlowRunOptions = { tag?: string; scheduled_for?: string; sealed_inputs_of?: string };

export const runFlow = (workspace: string, path: string, args: Args, options: FlowRunOptions = {}) =>
  post<string>(`${jobs(workspace)}/run/f/${pathOf(path)}`, args, options);
export const runFlowVersion = (workspace: string, version: number, args: Args) =>
  post<string>(`${jobs(workspace)}/run/fv/${version}`, args);

export type RestartedFrom = {
  flow_job_id: string;
  step_id: string;
  branch_or_iteration_n?: number;
  nested?: { step_id: string };
};

export type FlowPreview = {
  value: FlowValue;
  path?: string;
  args: Args;
  tag?: string;
  restarted_from?: RestartedFrom;
};

export const previewFlow = (workspace: string, preview: FlowPreview) =>
  post<string>(`${jobs(workspace)}/run/preview_flow`, preview);

export type RestartPoint = {
  step_id: string;
  branch_or_iteration_n?: number;
  flow_version?: number;
  nested_path?: { step_id: string }[];
};

export const restartFlow = (workspace: string, id: string, from: RestartPoint) =>
  post<string>(`${jobs(workspace)}/restart/f/${id}`, from);

export type RestartReason = { code: string; message: string; name?: string };

export type RestartStepPlan = {
  step_id: string;
  summary?: string;
  fate: "kept" | "kept_partly" | "again";
  /** Whether a recorded result would come out again; absent where that cannot be told, or does not matter. */
  valid?: boolean;
  kept?: number;
  reasons?: RestartReason[];
  inner?: RestartStepPlan[];
};

export type RestartPlan = {
  possible: boolean;
  reason: string | null;
  step_id: string;
  earliest_outdated: string | null;
  steps: RestartStepPlan[];
};

/** What a restart would come to. `value` is code that is not deployed, instead of a version. */
export const restartPlanQuery = (workspace: string, id: string, from: RestartPoint, value?: FlowValue) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", id, "restart-plan", from, value ?? null],
    queryFn: () => post<RestartPlan>(`${jobs(workspace)}/restart/f/${id}/preview`, { ...from, value }),
    gcTime: 0,
    retry: false,
  });

/** The result of a step of a run as expressions see it: a loop's is the list of its turns. */
export const stepResultQuery = (workspace: string, flowJob: string, step: string) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", flowJob, "result-of", step],
    queryFn: ({ signal }) =>
      get<unknown>(
        `${jobs(workspace)}/result_by_id/${flowJob}/${encodeURIComponent(step)}`,
        undefined,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const EMPTY_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {},
  required: [],
  order: [],
};
