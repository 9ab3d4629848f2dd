/** Renaming: a name changes, and everything that refers to it changes with it. */

import type { Schema } from "@/api/types";
import { mapExpressions, mapModules } from "./expressions";
import { memberOf, renameMember, replaceRoot } from "./javascript";
import type { FlowModule, FlowValue, OpenFlow } from "./types";
import { listsOf, walk } from "./walk";

/** The flow with a step's id changed: in expressions, in `early_return`, in groups and notes. */
export function renameStep(value: FlowValue, from: string, to: string): FlowValue {
  if (from === to) return value;
  const swap = (id: string) => (id === from ? to : id);
  const renamed = mapModules(value, (module) => (module.id === from ? { ...module, id: to } : module));
  const rewritten = mapExpressions(renamed, (expr) => renameMember(expr, "results", from, to));
  return {
    ...rewritten,
    ...(value.early_return === undefined ? {} : { early_return: swap(value.early_return) }),
    ...(value.groups
      ? {
          groups: value.groups.map((group) => ({
            ...group,
            start_id: swap(group.start_id),
            end_id: swap(group.end_id),
          })),
        }
      : {}),
    ...(value.notes
      ? {
          notes: value.notes.map((note) =>
            note.contained_node_ids
              ? { ...note, contained_node_ids: note.contained_node_ids.map(swap) }
              : note,
          ),
        }
      : {}),
  };
}

function renameKey<T>(record: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key === from ? to : key, value]));
}

export function renameProperty(schema: Schema, from: string, to: string): Schema {
  const swap = (name: string) => (name === from ? to : name);
  return {
    ...schema,
    properties: renameKey(schema.properties ?? {}, from, to),
    ...(schema.required ? { required: schema.required.map(swap) } : {}),
    ...(schema.order ? { order: schema.order.map(swap) } : {}),
  };
}

/** The flow with an input renamed in its schema and wherever `flow_input.<name>` is read. */
export function renameInput(flow: OpenFlow, from: string, to: string): OpenFlow {
  if (from === to) return flow;
  return {
    ...flow,
    value: mapExpressions(flow.value, (expr) => renameMember(expr, "flow_input", from, to)),
    ...(flow.schema ? { schema: renameProperty(flow.schema, from, to) } : {}),
  };
}

/** The step before each step in its list, null for the first of a list. */
function predecessors(value: FlowValue): Map<string, string | null> {
  const before = new Map<string, string | null>();
  const visit = (modules: readonly FlowModule[]) => {
    for (const [index, module] of modules.entries()) before.set(module.id, modules[index - 1]?.id ?? null);
  };
  visit(value.modules);
  for (const { module } of walk(value)) for (const list of listsOf(module)) visit(list.modules);
  return before;
}

// The predicates of a step's own end read its own result; `previous_result` there does not depend on the order.
const OWN_END = new Set(["stop_after_if", "stop_after_all_iters_if", "retry_if", "sleep", "groups"]);

/**
 * After an insertion or a move: where another step now comes before one that reads `previous_result`, the
 * expression names the step it meant, so that it reads what it read.
 */
export function keepMeaning(before: FlowValue, after: FlowValue): FlowValue {
  const was = predecessors(before);
  const is = predecessors(after);
  const changed = new Map<string, string>();
  for (const [id, previous] of was) {
    if (!is.has(id) || is.get(id) === previous) continue;
    if (previous !== null && !is.has(previous)) continue;
    changed.set(id, previous === null ? "flow_input" : memberOf("results", previous));
  }
  if (changed.size === 0) return after;
  return mapExpressions(after, (expr, place) => {
    const meaning = place.step === null ? undefined : changed.get(place.step);
    return meaning === undefined || OWN_END.has(place.field)
      ? expr
      : replaceRoot(expr, "previous_result", meaning);
  });
}
