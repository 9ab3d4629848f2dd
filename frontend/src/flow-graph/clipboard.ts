/** Copying steps: within a flow, between flows and between windows, as text on the clipboard. */

import { insertAt } from "./edit";
import { mapModules, mapOwnExpressions } from "./expressions";
import { idMaker } from "./ids";
import { renameMember } from "./javascript";
import type { FlowModule, FlowValue, Place } from "./types";
import { isSpecial, stepIds, walk } from "./walk";

const MARK = "postmill.steps";

export function copyText(modules: readonly FlowModule[]): string {
  return JSON.stringify({ [MARK]: 1, modules }, null, 2);
}

/** The steps in copied text, or null when it holds something else. */
export function readCopied(text: string): FlowModule[] | null {
  try {
    const data = JSON.parse(text) as { [MARK]?: number; modules?: FlowModule[] };
    if (data[MARK] !== 1 || !Array.isArray(data.modules)) return null;
    return data.modules.every((module) => typeof module.id === "string" && module.value?.type)
      ? data.modules
      : null;
  } catch {
    return null;
  }
}

/**
 * Copies of steps whose ids are free in a flow; references among the copies follow. A step whose id is free
 * already keeps it, so that a step that was cut comes back under its name.
 */
export function withFreshIds(modules: readonly FlowModule[], taken: ReadonlySet<string>): FlowModule[] {
  const holder: FlowValue = { modules: [...modules] };
  const own = [...walk(holder)].map((visit) => visit.module.id);
  const make = idMaker([...taken, ...own]);
  const names = new Map<string, string>();
  const used = new Set(taken);
  for (const id of own) {
    const next = used.has(id) || isSpecial(id) ? make() : id;
    used.add(next);
    names.set(id, next);
  }
  const changes = [...names].filter(([from, to]) => from !== to);
  const rewrite = (expr: string) => {
    // Through names that no expression has, so that swapped ids do not run into each other.
    let text = expr;
    for (const [index, [from]] of changes.entries())
      text = renameMember(text, "results", from, `__copy_${index}`);
    for (const [index, [, to]] of changes.entries())
      text = renameMember(text, "results", `__copy_${index}`, to);
    return text;
  };
  return mapModules(holder, (module) => ({
    ...mapOwnExpressions(module, rewrite),
    id: names.get(module.id) ?? module.id,
  })).modules;
}

export type Pasted = { value: FlowValue; ids: string[] };

export function pasteAt(value: FlowValue, place: Place, modules: readonly FlowModule[]): Pasted {
  const fresh = withFreshIds(modules, stepIds(value));
  return { value: insertAt(value, place, fresh), ids: fresh.map((module) => module.id) };
}
