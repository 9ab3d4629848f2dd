/** Restarting a run from a step: where it can begin. What that comes to is the server's to say. */

import type { ModuleStatus } from "./status";
import type { FlowModule, FlowValue } from "./types";

/**
 * The steps from which a run can be restarted: all before them ended well, or failed and the run went on with their error.
 */
export function restartableSteps(value: FlowValue, statuses: readonly ModuleStatus[]): string[] {
  const possible: string[] = [];
  const typeOf = (module: FlowModule | undefined) => statuses.find((known) => known.id === module?.id)?.type;
  for (const [index, module] of value.modules.entries()) {
    possible.push(module.id);
    const type = typeOf(module);
    if (type === "Success") continue;
    // A lost worker or a refusal ends the run all the same: only where the next step began did the run go on.
    const following = typeOf(value.modules[index + 1]);
    const wentOn = following !== undefined && following !== "WaitingForPriorSteps";
    if (!(type === "Failure" && module.continue_on_error && wentOn)) break;
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
