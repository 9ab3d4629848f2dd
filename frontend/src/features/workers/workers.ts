import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
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
