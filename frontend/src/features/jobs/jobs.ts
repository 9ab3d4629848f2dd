import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiProblem, apiUrl, get, isStatus, pathOf, post } from "@/api/client";
import type { Args, Job, RetryPolicy } from "@/api/types";

/** A longer result is not carried by the run's record: it is fetched by itself, as far as it can be shown. */
export const CARRIED_BYTES = 500_000;

export const jobQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", id],
    queryFn: ({ signal }) =>
      get<Job>(
        `/w/${workspace}/jobs_u/get/${id}`,
        { no_logs: true, max_result_bytes: CARRIED_BYTES },
        signal,
      ),
    retry: (count, error) => count < 2 && !isStatus(error, 400, 401, 403, 404),
  });

export const jobLogs = (workspace: string, id: string, signal?: AbortSignal) =>
  get<string>(`/w/${workspace}/jobs_u/get_logs/${id}`, undefined, signal);
export const jobLogsUrl = (workspace: string, id: string) => apiUrl(`/w/${workspace}/jobs_u/get_logs/${id}`);

/** A result, or only the beginning of its text when it is too large to show whole. */
export type FetchedResult =
  | { truncated: false; value: unknown }
  | { truncated: true; beginning: string; size: number | null };

const SHOWN_BYTES = 8_000_000;
const BEGINNING = 20_000;

/** Reads a body until it ends or exceeds what a page can show. */
async function readResult(response: Response): Promise<FetchedResult> {
  const reader = response.body?.getReader();
  if (!reader) return { truncated: false, value: await response.json() };
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    read += value.length;
    text += decoder.decode(value, { stream: true });
    if (read > SHOWN_BYTES) {
      await reader.cancel();
      const length = Number(response.headers.get("content-length"));
      return { truncated: true, beginning: text.slice(0, BEGINNING), size: length > 0 ? length : null };
    }
  }
  return { truncated: false, value: JSON.parse(text + decoder.decode()) };
}

export const resultQuery = (workspace: string, id: string, enabled: boolean) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", id, "result"],
    queryFn: async ({ signal }): Promise<FetchedResult> => {
      const response = await fetch(resultUrl(workspace, id), { signal, credentials: "same-origin" });
      if (!response.ok)
        throw new ApiProblem(response.status, "The result could not be read", await response.text());
      return readResult(response);
    },
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });

export const resultUrl = (workspace: string, id: string) =>
  apiUrl(`/w/${workspace}/jobs_u/completed/get_result/${id}`);

export type RunOptions = {
  tag?: string;
  scheduled_for?: string;
  scheduled_in_secs?: number;
  cache_ttl?: string;
  /** The run from which the sealed arguments are taken. */
  sealed_inputs_of?: string;
};

export const runScript = (workspace: string, path: string, args: Args, options: RunOptions = {}) =>
  post<string>(`/w/${workspace}/jobs/run/p/${pathOf(path)}`, args, options);
export const runHash = (workspace: string, hash: string, args: Args, options: RunOptions = {}) =>
  post<string>(`/w/${workspace}/jobs/run/h/${hash}`, args, options);

export type Preview = {
  content: string;
  language: string;
  path?: string;
  args: Args;
  tag?: string;
  retry?: RetryPolicy;
};
export const runPreview = (workspace: string, preview: Preview, options: RunOptions = {}) =>
  post<string>(`/w/${workspace}/jobs/run/preview`, preview, options);

export const cancelJob = (workspace: string, id: string, reason?: string) =>
  post<string>(`/w/${workspace}/jobs_u/queue/cancel/${id}`, { reason });
export const forceCancelJob = (workspace: string, id: string) =>
  post<string>(`/w/${workspace}/jobs_u/queue/force_cancel/${id}`, {});

export const runJobNow = (workspace: string, id: string) =>
  post<string>(`/w/${workspace}/jobs/queue/run_now/${id}`);

/** Marks failed runs as dealt with; answers with the ids of those that are marked now. */
export const resolveJobs = (workspace: string, job_ids: readonly string[], note?: string) =>
  post<string[]>(`/w/${workspace}/jobs/completed/resolve`, { job_ids, note });
export const unresolveJobs = (workspace: string, job_ids: readonly string[]) =>
  post<string[]>(`/w/${workspace}/jobs/completed/unresolve`, { job_ids });

/** Cancels several; answers with the ids of those that had not ended. */
export const cancelJobs = (workspace: string, ids: readonly string[]) =>
  post<string[]>(`/w/${workspace}/jobs/queue/cancel_selection`, ids);

/** Runs scripts and flows again with the arguments that they had: how many began, and why others did not. */
export async function rerunJobs(workspace: string, jobs: readonly Job[], newest: boolean) {
  const options = (kind: string) =>
    Object.fromEntries(
      jobs
        .filter((job) => job.job_kind === kind)
        .map((job) => [job.script_path, { use_latest_version: newest }]),
    );
  const answer = await post<string>(`/w/${workspace}/jobs/run/batch_rerun_jobs`, {
    job_ids: jobs.map((job) => job.id),
    script_options_by_path: options("script"),
    flow_options_by_path: options("flow"),
  });
  const lines = answer.split("\n").filter(Boolean);
  const refused = lines.filter((line) => line.startsWith("Error: "));
  return {
    started: lines.length - refused.length,
    refused: refused.map((line) => line.replace(/^Error: [\w-]+: /, "")),
  };
}

export type JobFilter = {
  /** Found anywhere in a run's path, person, tag, labels, worker or id. */
  text?: string;
  path?: string;
  user?: string;
  status?: "running" | "waiting" | "success" | "failure" | "canceled";
  tag?: string;
  kinds?: string;
  label?: string;
  worker?: string;
  trigger?: string;
  after?: string;
  before?: string;
  args?: string;
  result?: string;
  resolved?: "yes" | "no";
};

const PAGE = 50;
/** Arguments that take more are not part of a list. */
export const LISTED_ARGS_BYTES = 2000;
/** Runs that people start; the rest (locks of deploys and the like) is shown on request. */
export const DEFAULT_KINDS = "script,preview,flow,flowpreview,singlestepflow";

/** The filter as the query of `jobs/list`. */
export function jobListParams(filter: JobFilter): Record<string, string | boolean | undefined> {
  const path = filter.path?.trim();
  const wholePath = path && /^[ufg]\/[^/]+\/[^/]/.test(path) && !path.endsWith("/");
  return {
    script_path_exact: wholePath ? path : undefined,
    script_path_start: path && !wholePath ? path : undefined,
    broad_filter: filter.text,
    created_by: filter.user,
    tag: filter.tag,
    label: filter.label,
    worker: filter.worker,
    trigger_kind: filter.trigger,
    args: filter.args,
    result: filter.result,
    job_kinds: filter.kinds === "all" || filter.kinds === "steps" ? undefined : filter.kinds || DEFAULT_KINDS,
    // The steps of a flow are on the page of its run; a script's own list has those that ran as steps too.
    is_flow_step: filter.kinds === "steps" ? true : filter.kinds === "all" || wholePath ? undefined : false,
    // Functions that only fill a choice of a form are not runs of a script.
    excludes_entrypoint_override: filter.kinds === "all" ? undefined : true,
    running: filter.status === "running" ? true : filter.status === "waiting" ? false : undefined,
    status:
      filter.status === "success" || filter.status === "failure" || filter.status === "canceled"
        ? filter.status
        : undefined,
    resolved: filter.resolved && filter.resolved === "yes",
    created_after: filter.after,
    created_before: filter.before,
  };
}

export const jobListQuery = (workspace: string, filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: ["w", workspace, "jobs", "list", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      get<Job[]>(
        `/w/${workspace}/jobs/list`,
        {
          ...jobListParams(filter),
          ...(pageParam ? { created_before: pageParam } : {}),
          per_page: PAGE,
          max_args_bytes: LISTED_ARGS_BYTES,
        },
        signal,
      ),
    // The list has no pages: the next one begins before the oldest run that is known.
    getNextPageParam: (last) =>
      last.length < PAGE ? undefined : (last[last.length - 1]?.created_at ?? undefined),
  });

export const queueCountQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", "queue-count"],
    queryFn: ({ signal }) =>
      get<{ database_length: number; suspended?: number }>(
        `/w/${workspace}/jobs/queue/count`,
        undefined,
        signal,
      ),
    refetchInterval: 5000,
  });

export const queuePosition = (workspace: string, scheduledFor: string) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", "position", scheduledFor],
    queryFn: ({ signal }) =>
      get<{ position?: number | null }>(
        `/w/${workspace}/jobs/queue/position/${new Date(scheduledFor).getTime()}`,
        undefined,
        signal,
      ),
    refetchInterval: 3000,
    retry: false,
  });
