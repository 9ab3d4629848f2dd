/** Restarting a run from a step: where it can begin. What that comes to is the server's to say. */

import type { ModuleStatus } from "./status";
import type { FlowModule, FlowValue } from "./types";

/** The steps from which a run can be restarted: all before them ended well. */
export function restartableSteps(value: FlowValue, statuses: readonly ModuleStatus[]): string[] {
  const possible: string[] = [];
  for (const module of value.modules) {
    possible.push(module.id);
    const status = statuses.find((known) => known.id === module.id);
    if (status?.type !== "Success") break;
  }
  return possible;
}

/** The steps of the turn, or of the branch, with which a step goes on when its first `turns` parts are kept. */
export function stepsWithin(
  module: FlowModule | undefined,
  status: ModuleStatus | undefined,
  turns: number,
): FlowModule[] {
  if (!module || !status?.job) return [];
  const value = module.value;
  if (value.type === "branchone") {
    const chosen = status.branch_chosen;
    if (!chosen) return [];
    return chosen.type === "default" ? value.default : (value.branches[chosen.branch ?? 0]?.modules ?? []);
  }
  if (turns >= (status.flow_jobs?.length ?? 0)) return [];
  if (value.type === "branchall") return value.branches[turns]?.modules ?? [];
  if (value.type === "whileloopflow" || (value.type === "forloopflow" && !value.parallel)) {
    return value.modules.length > 1 ? value.modules : [];
  }
  return [];
}
