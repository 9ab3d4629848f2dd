/** Wiring an input by pointing at the graph: which boxes hold what can be read at a place. */

import { type Available, availableAt, type Recorded } from "./available";
import { referencesIn } from "./javascript";
import { INPUT_NODE } from "./layout";
import { iterName, scopeOf } from "./scope";
import type { OpenFlow } from "./types";
import { contains, findVisit, isLoop, walk } from "./walk";

/**
 * What each box of the graph offers to the step `id`, by the box's id: the input, steps that have run, the loops
 * around it. A step inside another loop is none: its loop is, with the list of all turns.
 */
export function sourcesAt(flow: OpenFlow, id: string, recorded: Recorded): Map<string, Available[]> {
  const sources = new Map<string, Available[]>();
  const scope = scopeOf(flow.value, id);
  if (scope.isPreprocessor) return sources;
  const offered = availableAt(flow, id, recorded).flatMap((group) => group.items);
  const byExpr = new Map(offered.map((item) => [item.expr, item]));
  const add = (box: string, items: Available[]) => {
    if (items.length > 0) sources.set(box, [...(sources.get(box) ?? []), ...items]);
  };
  add(
    INPUT_NODE,
    offered.filter((item) => item.source === "input"),
  );
  const around = (findVisit(flow.value, id)?.parents ?? []).filter((parent) => isLoop(parent.value));
  for (const [depth, loop] of around.reverse().entries()) {
    const turn = `flow_input.${iterName(depth)}`;
    add(
      loop.id,
      [`${turn}.value`, `${turn}.index`].flatMap((expr) => byExpr.get(expr) ?? []),
    );
  }
  const readable = new Map(
    offered.filter((item) => item.source === "step").map((item) => [item.step ?? "", item]),
  );
  for (const { module, parents } of walk(flow.value)) {
    const item = readable.get(module.id);
    const elsewhere = parents.some((parent) => isLoop(parent.value) && !contains(parent, id));
    if (item && (!elsewhere || scope.isFailureHandler)) add(module.id, [item]);
  }
  if (scope.afterApproval && scope.previous) {
    add(
      scope.previous.id,
      ["resume", "approvers"].flatMap((expr) => byExpr.get(expr) ?? []),
    );
  }
  return sources;
}

/** Whether the text is nothing but a way into one value: `results.a.rows[0]`. */
export function isPlainPath(text: string): boolean {
  const [only, ...more] = referencesIn(text);
  return only !== undefined && more.length === 0 && /^[\w$]+([\w$.[\]?]|"[^"]*"|'[^']*')*$/.test(text.trim());
}

/** The expression after a value was pointed at: it replaces an earlier choice, and joins what was written. */
export function withPicked(
  text: string,
  selection: { start: number; end: number } | null,
  expr: string,
): string {
  if (!text.trim() || isPlainPath(text)) return expr;
  const { start, end } = selection ?? { start: text.length, end: text.length };
  return text.slice(0, start) + expr + text.slice(end);
}
