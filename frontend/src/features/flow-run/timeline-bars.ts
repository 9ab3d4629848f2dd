import type { Job } from "@/api/types";
import type { ModuleStatus, StepState } from "@/flow-graph/status";

/** From when to when something ran, in milliseconds since 1970. */
export type Bar = { start: number; end: number; state: StepState };

/**
 * The bars of a step: of the jobs that are known, else of the turns that the status lists. Running ones end now.
 */
export function barsOf(
  status: ModuleStatus,
  jobs: readonly { id: string; job: Job; state: StepState }[],
  now: number,
): Bar[] {
  const listed = status.flow_jobs_duration;
  if (listed?.started_at?.some(Boolean)) {
    return listed.started_at.flatMap((at, index): Bar[] => {
      if (!at) return [];
      const start = new Date(at).getTime();
      const took = listed.duration_ms?.[index];
      const ok = status.flow_jobs_success?.[index];
      const isEnded = took !== null && took !== undefined && ok !== null && ok !== undefined;
      return [
        {
          start,
          end: isEnded ? start + took : Math.max(now, start),
          state: ok === false ? "failure" : isEnded ? "success" : "running",
        },
      ];
    });
  }
  return jobs.flatMap(({ job, state }): Bar[] => {
    const at = job.started_at ?? (job.type === "CompletedJob" ? job.created_at : null);
    if (!at) return [];
    const start = new Date(at).getTime();
    return [
      { start, end: job.type === "CompletedJob" ? start + job.duration_ms : Math.max(now, start), state },
    ];
  });
}

/** Round points of a scale from 0 to `span` milliseconds, at most six. */
export function ticks(span: number): number[] {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power * 10;
  const found: number[] = [];
  for (let at = 0; at <= span; at += step) found.push(at);
  return found;
}
