/** What can be pointed at from a place in a flow, with the values that a test run recorded. */

import type { Property, Schema } from "@/api/types";
import { evaluate, type Names } from "./evaluate";
import { memberOf } from "./javascript";
import { iterName, knownRoots, scopeOf } from "./scope";
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
};

export type AvailableGroup = { title: string; items: Available[] };

const has = (record: object | null | undefined, name: string) =>
  Boolean(record) && Object.hasOwn(record as object, name);

function typeLabel(property: Property | undefined): string {
  return property?.originalType ?? property?.type ?? "any";
}

function names(schema: Schema | undefined): string[] {
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
      .filter(({ module }) => has(recorded.results, module.id))
      .map(({ module }) => [module.id, recorded.results[module.id]]),
  );
  const known: Names = { results, flow_env: flow.value.flow_env ?? {}, params: {} };
  const loops = turns(flow, id, recorded);
  if (recorded.args || Object.keys(loops).length > 0) known.flow_input = { ...recorded.args, ...loops };
  if (scope.previous) {
    if (has(results, scope.previous.id)) known.previous_result = results[scope.previous.id];
  } else if (known.flow_input) known.previous_result = known.flow_input;
  if (has(recorded.results, id)) known.result = recorded.results[id];
  return known;
}

function inputItems(flow: OpenFlow, recorded: Recorded): Available[] {
  return names(flow.schema).map((name) => ({
    expr: memberOf("flow_input", name),
    label: name,
    detail: typeLabel(flow.schema?.properties[name]),
    value: recorded.args?.[name],
    hasValue: has(recorded.args, name),
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
        hasValue: has(known, "previous_result"),
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
      hasValue: has(recorded.results, module.id),
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

export type Completion = { text: string; detail: string };
export type Completions = { from: number; options: Completion[] };

const CHAIN = /([A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*|\[\d+\])*)\??\.([\w$]*)$/;
const WORD = /(?:^|[^\w$.])([A-Za-z_$][\w$]*)$/;

function membersOf(value: unknown): Completion[] {
  if (Array.isArray(value)) {
    return ["length", "map", "filter", "find", "join"].map((text) => ({ text, detail: "list" }));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map(([text, member]) => ({
      text,
      detail: Array.isArray(member) ? "list" : member === null ? "null" : typeof member,
    }));
}

/** What can follow at the caret: members of what is known, or the names that exist here. */
export function completionsAt(
  text: string,
  caret: number,
  flow: OpenFlow,
  id: string,
  field: string,
  recorded: Recorded,
): Completions | null {
  const before = text.slice(0, caret);
  const chain = CHAIN.exec(before);
  const filter = (options: Completion[], typed: string): Completions | null => {
    const fitting = options.filter(
      (option) => option.text.toLowerCase().startsWith(typed.toLowerCase()) && option.text !== typed,
    );
    return fitting.length > 0 ? { from: caret - typed.length, options: fitting.slice(0, 40) } : null;
  };
  const scope = scopeOf(flow.value, id);
  if (chain?.[1] !== undefined) {
    const base = chain[1].replaceAll("?", "");
    const typed = chain[2] ?? "";
    if (base === "results") {
      const options = scope.results.map(({ module }) => ({ text: module.id, detail: stepTitle(module) }));
      return filter(options, typed);
    }
    const found = evaluate(base, recordedNames(flow, id, recorded));
    const options = found.ok ? membersOf(found.value) : [];
    if (base === "flow_input") {
      const listed = new Set(options.map((option) => option.text));
      for (const name of names(flow.schema)) {
        if (!listed.has(name)) options.push({ text: name, detail: typeLabel(flow.schema?.properties[name]) });
      }
      for (let depth = 0; depth < scope.loops; depth += 1) {
        if (!listed.has(iterName(depth))) options.push({ text: iterName(depth), detail: "turn of the loop" });
      }
    }
    if (/^flow_input\.iter(_parent)*$/.test(base) && options.length === 0) {
      options.push({ text: "value", detail: "item" }, { text: "index", detail: "number" });
    }
    return filter(options, typed);
  }
  const word = WORD.exec(before)?.[1];
  if (word === undefined) return null;
  return filter(
    [...knownRoots(scope, field)].map((root) => ({ text: root, detail: ROOTS[root] ?? "" })),
    word,
  );
}

const ROOTS: Record<string, string> = {
  flow_input: "input of the flow",
  flow_env: "environment of the flow",
  results: "results of steps",
  previous_result: "result of the step before",
  result: "result of this step",
  variable: "value of a variable",
  resource: "value of a resource",
  flow_user_state: "state kept by the run",
  error: "the error of a failed step",
  resume: "answer of the approver",
};
