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
  // A turn that was canceled counts as failed in the status.
  const canceled = new Set(jobs.flatMap(({ id, state }) => (state === "canceled" ? [id] : [])));
  const failed = (index: number) =>
    canceled.has(status.flow_jobs?.[index] ?? "") ? ("canceled" as const) : ("failure" as const);
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
          state: ok === false ? failed(index) : isEnded ? "success" : "running",
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

/**
 * In which lane each bar lies, so that bars that ran at the same time lie below each other; with the number of lanes.
 * Beyond `most` lanes they share the one that is free first.
 */
export function lanesOf(bars: readonly Bar[], most: number): { lanes: number[]; count: number } {
  const lanes = new Array<number>(bars.length).fill(0);
  const ends: number[] = [];
  const inOrder = [...bars.keys()].sort((a, b) => (bars[a]?.start ?? 0) - (bars[b]?.start ?? 0));
  for (const index of inOrder) {
    const bar = bars[index];
    if (!bar) continue;
    let lane = ends.findIndex((end) => end <= bar.start);
    if (lane < 0) lane = ends.length < most ? ends.length : ends.indexOf(Math.min(...ends));
    ends[lane] = Math.max(ends[lane] ?? 0, bar.end);
    lanes[index] = lane;
  }
  return { lanes, count: Math.max(1, ends.length) };
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
