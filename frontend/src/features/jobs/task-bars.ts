import type { CodeStep } from "@/api/types";
import type { StepState } from "@/flow-graph/status";

/** A step of a script with tasks: `job` where it has one; `start` and `end` in milliseconds since 1970. */
export type TaskBar = {
  id: string;
  job?: string;
  title: string;
  kind: string;
  state: StepState;
  start?: number;
  end?: number;
};

/** The steps in their order. Those that run end now. */
export function taskBars(steps: Record<string, CodeStep>, now: number): TaskBar[] {
  return Object.entries(steps).map(([id, step]) => {
    const start = step.started_at ? new Date(step.started_at).getTime() : undefined;
    const took = step.duration_ms;
    const isDone = took !== undefined && took !== null;
    const end = start === undefined ? undefined : isDone ? start + took : Math.max(now, start);
    return {
      id,
      job: id.startsWith("_step/") ? undefined : id,
      title: step.key ?? step.name,
      kind: step.kind ?? "task",
      state: stateOf(step, isDone),
      start,
      end,
    };
  });
}

function stateOf(step: CodeStep, isDone: boolean): StepState {
  // A refused approval is an answer like any other: the workflow goes on with it.
  if (step.kind !== "approval" && (step.status === "failure" || step.status === "canceled")) return "failure";
  if (isDone) return "success";
  if (step.kind === "approval") return "suspended";
  return step.started_at ? "running" : "queued";
}
