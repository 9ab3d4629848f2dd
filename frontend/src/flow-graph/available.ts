/** What can be pointed at from a place in a flow, with the values that a test run recorded. */

import type { Property, Schema } from "@/api/types";
import { evaluate, type Names } from "./evaluate";
import { memberOf } from "./javascript";
import { iterName, scopeOf } from "./scope";
import type { FlowModule, OpenFlow } from "./types";
import { findVisit, isLoop, stepTitle } from "./walk";

export type Recorded = { args: Record<string, unknown> | null; results: Record<string, unknown> };

export type Available = {
  expr: string;
  label: string;
  detail?: string;
  /** Absent when nothing was recorded. */
  value?: unknown;
  hasValue: boolean;
  /** What is known of it before it has a value. */
  schema?: Property;
  source?: "input" | "step";
  /** Whose result it is. */
  step?: string;
};

export type AvailableGroup = { title: string; items: Available[] };

export const isRecorded = (record: object | null | undefined, name: string) =>
  Boolean(record) && Object.hasOwn(record as object, name);

export function typeLabel(property: Property | undefined): string {
  return property?.originalType ?? property?.type ?? "any";
}

export function inputNames(schema: Schema | undefined): string[] {
  const all = Object.keys(schema?.properties ?? {});
  const order = (schema?.order ?? []).filter((name) => all.includes(name));
  return [...order, ...all.filter((name) => !order.includes(name))];
}

/** The first turn of each loop around a place, innermost first, as far as its list is known. */
function turns(flow: OpenFlow, id: string, recorded: Recorded): Names {
  const visit = findVisit(flow.value, id);
  const loops = (visit?.parents ?? []).filter((parent) => isLoop(parent.value));
  const input: Names = {};
  for (const [depth, loop] of loops.entries()) {
    const name = iterName(loops.length - 1 - depth);
    if (loop.value.type !== "forloopflow") {
      input[name] = { index: 0, value: 0 };
      continue;
    }
    const { iterator } = loop.value;
    const list =
      iterator.type === "static"
        ? iterator.value
        : iterator.type === "javascript"
          ? valueOfIterator(flow, loop, iterator.expr, recorded)
          : undefined;
    if (Array.isArray(list) && list.length > 0) input[name] = { index: 0, value: list[0] };
  }
  return input;
}

function valueOfIterator(flow: OpenFlow, loop: FlowModule, expr: string, recorded: Recorded): unknown {
  const found = evaluate(expr, recordedNames(flow, loop.id, recorded));
  return found.ok ? found.value : undefined;
}

/** The recorded values under the names that an expression uses, for evaluating it in the browser. */
export function recordedNames(flow: OpenFlow, id: string, recorded: Recorded): Names {
  const scope = scopeOf(flow.value, id);
  const results = Object.fromEntries(
    scope.results
      .filter(({ module }) => isRecorded(recorded.results, module.id))
      .map(({ module }) => [module.id, recorded.results[module.id]]),
  );
  const known: Names = { results, flow_env: flow.value.flow_env ?? {}, params: {} };
  const loops = turns(flow, id, recorded);
  if (recorded.args || Object.keys(loops).length > 0) known.flow_input = { ...recorded.args, ...loops };
  if (scope.previous) {
    if (isRecorded(results, scope.previous.id)) known.previous_result = results[scope.previous.id];
  } else if (known.flow_input) known.previous_result = known.flow_input;
  if (isRecorded(recorded.results, id)) known.result = recorded.results[id];
  return known;
}

function inputItems(flow: OpenFlow, recorded: Recorded): Available[] {
  return inputNames(flow.schema).map((name) => ({
    expr: memberOf("flow_input", name),
    label: name,
    detail: typeLabel(flow.schema?.properties?.[name]),
    value: recorded.args?.[name],
    hasValue: isRecorded(recorded.args, name),
    schema: flow.schema?.properties?.[name],
    source: "input",
  }));
}

const MEMBERS = 50;

/** One step further into something that is offered: by its recorded value, else by its schema. */
export function membersOf(item: Available): Available[] {
  const { value, schema } = item;
  if (item.hasValue) {
    if (typeof value !== "object" || value === null) return [];
    const entries: [string | number, unknown][] = Array.isArray(value)
      ? value.slice(0, MEMBERS).map((member, index) => [index, member])
      : Object.entries(value).slice(0, MEMBERS);
    return entries.map(([name, member]) => ({
      expr: memberOf(item.expr, name),
      label: String(name),
      value: member,
      hasValue: true,
    }));
  }
  const known: [string | number, Property][] = schema?.properties
    ? Object.entries(schema.properties).slice(0, MEMBERS)
    : schema?.items?.properties
      ? [[0, schema.items]]
      : [];
  return known.map(([name, property]) => ({
    expr: memberOf(item.expr, name),
    label: String(name),
    detail: typeLabel(property),
    hasValue: false,
    schema: property,
  }));
}

/** Everything that a step's inputs can be wired to, what one usually means first. */
export function availableAt(flow: OpenFlow, id: string, recorded: Recorded): AvailableGroup[] {
  const scope = scopeOf(flow.value, id);
  const known = recordedNames(flow, id, recorded);
  const groups: AvailableGroup[] = [];
  const add = (title: string, items: Available[]) => {
    if (items.length > 0) groups.push({ title, items });
  };
  const plain = (expr: string, detail?: string): Available => ({
    expr,
    label: expr,
    detail,
    hasValue: false,
  });

  if (scope.isFailureHandler) {
    add("The error", [
      plain("error.message", "what went wrong"),
      plain("error.name", "its kind"),
      plain("error.stack", "where in the code"),
      plain("error.step_id", "the step that failed"),
      plain("flow_job_id", "the run"),
      plain("started_at", "when it started"),
    ]);
  }
  if (scope.isPreprocessor) return groups;
  const iters: Available[] = [];
  for (let depth = 0; depth < scope.loops; depth += 1) {
    const base = memberOf("flow_input", iterName(depth));
    const turn = (known.flow_input as Names | undefined)?.[iterName(depth)] as
      | { value: unknown; index: number }
      | undefined;
    const whose = depth === 0 ? "" : " of the loop around it";
    iters.push(
      { expr: `${base}.value`, label: `item${whose}`, value: turn?.value, hasValue: turn !== undefined },
      {
        expr: `${base}.index`,
        label: `number of the turn${whose}`,
        value: turn?.index,
        hasValue: turn !== undefined,
      },
    );
  }
  add("This turn of the loop", iters);
  if (scope.afterApproval) {
    add("The approval", [
      plain("resume", "what the approver filled in"),
      plain("approvers", "who approved"),
      plain("resumes", "all answers"),
    ]);
  }
  if (scope.previous) {
    add("Result of the step before", [
      {
        expr: "previous_result",
        label: stepTitle(scope.previous),
        detail: scope.previous.id,
        value: known.previous_result,
        hasValue: isRecorded(known, "previous_result"),
      },
    ]);
  }
  add("Input of the flow", inputItems(flow, recorded));
  add(
    "Results of steps",
    scope.results.map(({ module, certainty }) => ({
      expr: memberOf("results", module.id),
      label: stepTitle(module),
      detail: certainty === "sure" ? module.id : `${module.id}, if it ran`,
      value: recorded.results[module.id],
      hasValue: isRecorded(recorded.results, module.id),
      source: "step",
      step: module.id,
    })),
  );
  add(
    "Environment of the flow",
    Object.entries(flow.value.flow_env ?? {}).map(([name, value]) => ({
      expr: memberOf("flow_env", name),
      label: name,
      value,
      hasValue: true,
    })),
  );
  return groups;
}
