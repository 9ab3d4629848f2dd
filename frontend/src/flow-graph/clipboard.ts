/** Copying steps: within a flow, between flows and between windows, as text on the clipboard. */

import { insertAt } from "./edit";
import { mapModules, mapOwnExpressions } from "./expressions";
import { within } from "./groups";
import { idMaker } from "./ids";
import { renameMember } from "./javascript";
import { parseOpenFlow } from "./openflow";
import type { FlowGroup, FlowModule, FlowValue, Place } from "./types";
import { isSpecial, stepIds, walk } from "./walk";

const MARK = "postmill.steps";

/** Steps in a row, and the groups among them. */
export type Copied = { modules: readonly FlowModule[]; groups?: readonly FlowGroup[] };

/** The groups that lie within some steps as a whole. */
export function groupsAmong(value: FlowValue, modules: readonly FlowModule[]): FlowGroup[] {
  const ids = new Set([...within(modules)].map((module) => module.id));
  return (value.groups ?? []).filter((group) => ids.has(group.start_id) && ids.has(group.end_id));
}

export function copyText(modules: readonly FlowModule[], groups: readonly FlowGroup[] = []): string {
  return JSON.stringify({ [MARK]: 1, modules, ...(groups.length > 0 ? { groups } : {}) }, null, 2);
}

/** The steps in copied text, or null when it holds something else. */
export function readCopied(text: string): Copied | null {
  try {
    const data = JSON.parse(text) as { [MARK]?: number; modules?: FlowModule[]; groups?: FlowGroup[] };
    if (data[MARK] !== 1 || !Array.isArray(data.modules)) return null;
    const groups = Array.isArray(data.groups) ? data.groups : [];
    return data.modules.every((module) => typeof module.id === "string" && module.value?.type)
      ? { modules: data.modules, groups }
      : null;
  } catch {
    return null;
  }
}

/** The steps of a whole document that was copied as text, with its groups; null for any other text. */
export function stepsOfDocument(text: string): Copied | null {
  // Reading YAML takes a moment, and most of what is pasted is none.
  if (!text.includes("modules")) return null;
  const { flow } = parseOpenFlow(text);
  return flow && flow.value.modules.length > 0
    ? { modules: flow.value.modules, groups: flow.value.groups }
    : null;
}

/**
 * Copies of steps whose ids are free in a flow; references among the copies follow. A step whose id is free
 * already keeps it, so that a step that was cut comes back under its name.
 */
export function withFreshIds(copied: Copied, taken: ReadonlySet<string>): FlowValue {
  const holder: FlowValue = { modules: [...copied.modules] };
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
  const name = (id: string) => names.get(id) ?? id;
  const { modules } = mapModules(holder, (module) => ({
    ...mapOwnExpressions(module, rewrite),
    id: name(module.id),
  }));
  const groups = (copied.groups ?? []).map((group) => ({
    ...group,
    start_id: name(group.start_id),
    end_id: name(group.end_id),
  }));
  return { modules, groups };
}

export type Pasted = { value: FlowValue; ids: string[] };

export function pasteAt(value: FlowValue, place: Place, copied: Copied): Pasted {
  const { modules, groups = [] } = withFreshIds(copied, stepIds(value));
  const inserted = insertAt(value, place, modules);
  return {
    value: groups.length > 0 ? { ...inserted, groups: [...(value.groups ?? []), ...groups] } : inserted,
    ids: modules.map((module) => module.id),
  };
}
