import { progressOf, type StepRun } from "@/flow-graph/status";

/** How many turns a step took, or has taken so far, and how many of them failed. */
export function Turns({ run }: { run: StepRun }) {
  const progress = progressOf(run.status);
  const count = run.status.flow_jobs?.length ?? 0;
  // Turns that were canceled count as failed in the status; the mark of the box says what they are.
  const failed =
    run.state === "canceled" ? 0 : (run.status.flow_jobs_success ?? []).filter((ok) => ok === false).length;
  if (!progress && count === 0) return null;
  return (
    <span className="text-2xs text-muted tabular-nums">
      {run.state === "running" && progress
        ? `${progress.done}${progress.total === null ? "" : ` of ${progress.total}`}`
        : `${count}×`}
      {failed > 0 && <span className="text-danger"> · {failed} failed</span>}
    </span>
  );
}
