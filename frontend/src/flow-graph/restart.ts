/** Restarting a run from a step: what is kept of it, what runs again, and what has changed since. */

import type { ModuleStatus } from "./status";
import type { FlowModule, FlowValue } from "./types";

export type RestartFate = "kept" | "kept-changed" | "kept-partly" | "again" | "new";

export type RestartLine = { module: FlowModule; fate: RestartFate; turns?: number };

export type RestartPlan = { ok: true; lines: RestartLine[] } | { ok: false; reason: string };

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a step does, without what is only for reading. */
function essence(module: FlowModule): unknown {
  const { summary: _summary, ...rest } = module;
  if (rest.value.type !== "rawscript") return rest;
  const { lock: _lock, ...value } = rest.value;
  return { ...rest, value };
}

/** Whether two states of a step do the same; locks and titles do not count. */
export function doesTheSame(a: FlowModule, b: FlowModule): boolean {
  return same(essence(a), essence(b));
}

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

/**
 * The fate of each step when `recorded` is restarted from `step` with the code of `next`. `turns` of the step's
 * own loop or branches are kept.
 */
export function planRestart(
  recorded: FlowValue,
  statuses: readonly ModuleStatus[],
  next: FlowValue,
  step: string,
  turns = 0,
): RestartPlan {
  const at = next.modules.findIndex((module) => module.id === step);
  if (at < 0) return { ok: false, reason: `This code has no step “${step}” at its top level.` };
  const lines: RestartLine[] = [];
  for (const [index, module] of next.modules.entries()) {
    const before = recorded.modules.find((known) => known.id === module.id);
    if (index >= at) {
      const partly = index === at && turns > 0;
      lines.push(
        partly ? { module, fate: "kept-partly", turns } : { module, fate: before ? "again" : "new" },
      );
      continue;
    }
    const status = statuses.find((known) => known.id === module.id);
    if (!before || status?.type !== "Success") {
      return {
        ok: false,
        reason: `Step “${module.id}” comes before “${step}” and has no recorded result in this run.`,
      };
    }
    lines.push({ module, fate: doesTheSame(before, module) ? "kept" : "kept-changed" });
  }
  return { ok: true, lines };
}
