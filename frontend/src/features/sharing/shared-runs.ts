import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, post, remove } from "@/api/client";
import type { Args, Job } from "@/api/types";
import type { FlowStatus } from "@/flow-graph/status";
import type { FlowValue } from "@/flow-graph/types";

/** A link under which anybody may look at a run. */
export type ShareLink = {
  id: string;
  url: string;
  show_args: boolean;
  show_logs: boolean;
  created_by: string;
  created_at: string;
  expires_at: string | null;
};

export type ShareOptions = { show_args: boolean; show_logs: boolean; expires_in_days: number | null };

/** What a link shows; `run` is the public part of a job. */
export type SharedRun = {
  run: Job;
  args: Args | null;
  flow: FlowValue | null;
  flow_status: FlowStatus | null;
  shows_logs: boolean;
  shared_by: string;
  expires_at: string | null;
};

/** What names a link: the parts of its address. */
export type Shared = { workspace: string; share: string; signature: string };

const of = (workspace: string) => `/w/${encodeURIComponent(workspace)}/jobs`;
const opened = ({ workspace, share, signature }: Shared) =>
  `/w/${encodeURIComponent(workspace)}/jobs_u/shared/${encodeURIComponent(share)}/${encodeURIComponent(signature)}`;

export const shareLinksQuery = (workspace: string, run: string) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", run, "shares"],
    queryFn: ({ signal }) => get<ShareLink[]>(`${of(workspace)}/shares/${run}`, undefined, signal),
    staleTime: 30_000,
  });

export const shareRun = (workspace: string, run: string, options: ShareOptions) =>
  post<ShareLink>(`${of(workspace)}/share/${run}`, options);
export const revokeShare = (workspace: string, share: string) =>
  remove<undefined>(`${of(workspace)}/share/${share}`);

const REFRESH_MS = 3000;
const retry = (count: number, error: Error) => count < 2 && !isStatus(error, 400, 404);

export const sharedRunQuery = (shared: Shared) =>
  queryOptions({
    queryKey: ["shared", shared],
    queryFn: ({ signal }) => get<SharedRun>(opened(shared), undefined, signal),
    refetchInterval: (query) =>
      query.state.data && query.state.data.run.type !== "CompletedJob" ? REFRESH_MS : false,
    retry,
  });

export const sharedResultQuery = (shared: Shared) =>
  queryOptions({
    queryKey: ["shared", shared, "result"],
    queryFn: ({ signal }) => get<unknown>(`${opened(shared)}/result`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry,
  });

/** The log of the run or of one of its steps; read again while it runs. */
export const sharedLogQuery = (shared: Shared, job: string, isRunning: boolean) =>
  queryOptions({
    queryKey: ["shared", shared, "log", job, isRunning],
    queryFn: ({ signal }) => get<string>(`${opened(shared)}/logs`, { job }, signal),
    refetchInterval: isRunning ? REFRESH_MS : false,
    retry,
  });
