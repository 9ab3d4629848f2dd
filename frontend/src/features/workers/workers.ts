import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Worker } from "@/api/types";

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: ({ signal }) => get<Worker[]>("/workers/list", { per_page: 1000, ping_since: 300 }, signal),
  refetchInterval: 5000,
});

export const customTagsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "custom-tags"],
    queryFn: ({ signal }) => get<string[]>(`/w/${workspace}/workers/custom_tags`, undefined, signal),
    staleTime: 60_000,
  });

export const queueCountsQuery = queryOptions({
  queryKey: ["workers", "queue-counts"],
  queryFn: ({ signal }) => get<Record<string, number>>("/workers/queue_counts", undefined, signal),
  refetchInterval: 5000,
});

export const runningCountsQuery = queryOptions({
  queryKey: ["workers", "running-counts"],
  queryFn: ({ signal }) => get<Record<string, number>>("/workers/queue_running_counts", undefined, signal),
  refetchInterval: 5000,
});

export const defaultTagsQuery = queryOptions({
  queryKey: ["workers", "default-tags"],
  queryFn: ({ signal }) => get<string[]>("/workers/get_default_tags", undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** What the workers of a group serve and give to jobs. */
export type GroupConfig = {
  worker_tags?: string[] | null;
  env_vars_static?: Record<string, string> | null;
  env_vars_allowlist?: string[] | null;
};
export type WorkerGroup = { name: string; config: GroupConfig };

export const workerGroupsQuery = queryOptions({
  queryKey: ["workers", "groups"],
  queryFn: ({ signal }) => get<WorkerGroup[]>("/configs/list_worker_groups", undefined, signal),
});

const groupPath = (name: string) => `/configs/update/worker__${encodeURIComponent(name)}`;
export const saveWorkerGroup = (name: string, config: GroupConfig) => post<string>(groupPath(name), config);
export const restartWorkerGroup = (name: string) =>
  post<string>(`/settings/restart_worker_group/${encodeURIComponent(name)}`, {});
export const deleteWorkerGroup = (name: string) => remove<string>(groupPath(name));
