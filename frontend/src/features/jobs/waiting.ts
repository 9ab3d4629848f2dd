import { queryOptions, useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Job } from "@/api/types";

/**
 * Why a run has not begun: its time has not come, others hold its concurrency limit, no worker takes its tag, or those
 * that do have not come to it.
 */
export type WaitReason = "time" | "concurrency" | "unserved" | "worker";

/** Null for a run that has begun. `served`: whether a worker takes its tag; undefined while that is not known. */
export function waitReason(job: Job, served?: boolean): WaitReason | null {
  if (job.type !== "QueuedJob" || job.running || job.suspend) return null;
  if (job.waiting_for) return job.waiting_for;
  return served === false ? "unserved" : "worker";
}

const servedQuery = (tag: string) =>
  queryOptions({
    queryKey: ["workers", "served", tag],
    queryFn: ({ signal }) =>
      get<Record<string, boolean>>("/workers/exists_workers_with_tags", { tags: tag }, signal),
    select: (answer) => answer[tag],
    refetchInterval: 5000,
    retry: false,
  });

/** The reason, kept up to date: a worker may come or go while the run waits. */
export function useWaitReason(job: Job): WaitReason | null {
  const tag = waitReason(job) === "worker" ? (job.tag ?? "") : "";
  const { data: served } = useQuery({ ...servedQuery(tag), enabled: tag !== "" });
  return waitReason(job, served);
}
