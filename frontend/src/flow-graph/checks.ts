/** What is wrong with a flow before it runs: each problem names its step, its field and what to do. */

import type { Property, Schema } from "@/api/types";
import { type ExpressionPlace, expressionsOf, FIELD_LABELS } from "./expressions";
import { declaredIn, parseExpression, type Reference, referencesIn } from "./javascript";
import { propertyOf } from "./sample";
import { certaintyOf, knownRoots, type Standpoint, standpointOf } from "./scope";
import type { FlowModule, FlowValue, OpenFlow, Transforms } from "./types";
import { allModules, contains, findModule, findVisit, isSpecial, mayJoin, walk } from "./walk";

export type Problem = {
  step: string | null;
  field: string;
  /** Which argument or branch, where the field has several. */
  name?: string;
  severity: "error" | "warning";
  message: string;
};

export type Knowledge = {
  /** The arguments of each step, as far as they are known. */
  schemas?: Record<string, Schema | null | undefined>;
  /** Results of a test run, by step. */
  samples?: Record<string, unknown>;
};

const GLOBALS = new Set(
  (
    "undefined NaN Infinity Math JSON Object Array String Number Boolean Date RegExp Map Set Promise Symbol BigInt " +
    "Error TypeError RangeError parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent " +
    "encodeURI decodeURI globalThis console structuredClone Intl Uint8Array WeakMap Reflect Proxy"
  ).split(" "),
);

/** Why `results.<id>` cannot be read at a place, or null. */
function unreadable(
  value: FlowValue,
  at: string,
  scope: Standpoint,
  id: string,
  field: string,
): Omit<Problem, "step" | "field"> | null {
  const certainty = certaintyOf(value, at, id);
  if (certainty) {
    if (certainty === "sure" || scope.isFailureHandler) return null;
    const loop = findVisit(value, id)?.parents.find(
      (parent) => parent.value.type === "forloopflow" || parent.value.type === "whileloopflow",
    );
    if (loop && !contains(loop, at)) {
      return {
        severity: "warning",
        message: `“${id}” runs once per turn of “${loop.id}”: results.${loop.id} is the list of all turns.`,
      };
    }
    return null;
  }
  if (id === at && (field.startsWith("stop_after") || field === "sleep" || field === "groups")) return null;
  const target = findModule(value, id);
  if (!target) return { severity: "error", message: `There is no step “${id}”.` };
  if (id === at) return { severity: "error", message: "A step cannot read its own result." };
  if (isSpecial(id)) return { severity: "error", message: `The result of “${id}” is not kept.` };
  if (contains(target, at)) {
    return { severity: "error", message: `“${id}” holds this step and has no result yet.` };
  }
  const here = findVisit(value, at);
  const there = findVisit(value, id);
  const shared = here?.parents.find(
    (parent) => there?.parents.includes(parent) && parent.value.type.startsWith("branch"),
  );
  if (shared && branchWith(shared, at) !== branchWith(shared, id)) {
    return { severity: "error", message: `“${id}” lies in another branch of “${shared.id}”.` };
  }
  return { severity: "error", message: `“${id}” runs after this step.` };
}

function branchWith(module: FlowModule, id: string): number {
  const { value } = module;
  if (value.type !== "branchone" && value.type !== "branchall") return -1;
  return value.branches.findIndex((branch) => branch.modules.some((inner) => contains(inner, id)));
}

function checkReference(
  flow: OpenFlow,
  at: string,
  scope: Standpoint,
  place: ExpressionPlace,
  reference: Reference,
): Omit<Problem, "step" | "field"> | null {
  const first = reference.path[0];
  if (reference.root === "results" && typeof first === "string") {
    return unreadable(flow.value, at, scope, first, place.field);
  }
  if (reference.root === "flow_input" && typeof first === "string") {
    if (/^iter(_parent)*$/.test(first)) {
      const depth = first.split("_parent").length - 1;
      return depth < scope.loops
        ? null
        : {
            severity: "error",
            message: `flow_input.${first} exists only inside ${depth === 0 ? "a loop" : "nested loops"}.`,
          };
    }
    const known = flow.schema?.properties;
    if (known && Object.keys(known).length > 0 && !Object.hasOwn(known, first)) {
      return { severity: "error", message: `The flow has no input “${first}”.` };
    }
  }
  if (reference.root === "flow_env" && typeof first === "string") {
    const env = flow.value.flow_env ?? {};
    if (!Object.hasOwn(env, first))
      return { severity: "warning", message: `The flow's environment has no “${first}”.` };
  }
  return null;
}

function checkExpression(
  flow: OpenFlow,
  at: string,
  scope: Standpoint,
  place: ExpressionPlace,
  expr: string,
): Omit<Problem, "step" | "field">[] {
  const what = place.field === "input" ? `Input “${place.name}”` : FIELD_LABELS[place.field];
  const label = what.charAt(0).toUpperCase() + what.slice(1);
  if (!expr.trim()) return [{ severity: "error", message: `${label} is empty.` }];
  const parsed = parseExpression(expr);
  if (!parsed.ok) return [{ severity: "error", message: `${label} does not parse: ${parsed.message}.` }];
  const problems: Omit<Problem, "step" | "field">[] = [];
  const known = knownRoots(scope, place.field);
  const own = declaredIn(parsed);
  for (const reference of referencesIn(expr)) {
    if (own.has(reference.root)) continue;
    if (!known.has(reference.root) && !GLOBALS.has(reference.root)) {
      problems.push({ severity: "error", message: unknownName(reference.root, scope, place) });
      continue;
    }
    const problem = checkReference(flow, at, scope, place, reference);
    if (problem) problems.push(problem);
  }
  return problems;
}

function unknownName(name: string, scope: Standpoint, place: ExpressionPlace): string {
  if (["resume", "resumes", "approvers"].includes(name) && !scope.afterApproval)
    return `“${name}” exists only right after an approval.`;
  if (name === "result" && place.field === "input") return "“result” is not known here: use previous_result.";
  return `“${name}” is not known here.`;
}

type Basic = "string" | "number" | "integer" | "boolean" | "array" | "object";
const BASIC = new Set(["string", "number", "integer", "boolean", "array", "object"]);

function basic(property: Property | undefined): Basic | null {
  return property?.type && BASIC.has(property.type) ? (property.type as Basic) : null;
}

function fits(given: Basic, wanted: Basic): boolean {
  return given === wanted || (given === "integer" && wanted === "number");
}

/** The type of a value that is one way into something known, or null. */
export function typeOfExpression(
  flow: OpenFlow,
  expr: string,
  samples: Record<string, unknown>,
): Property | null {
  const references = referencesIn(expr);
  const only = references[0];
  if (references.length !== 1 || !only || only.path.length === 0) return null;
  const compact = expr.replace(/\s|\?/g, "");
  if (!/^[\w$.[\]"']+$/.test(compact) || !compact.startsWith(only.root)) return null;
  const [first, ...rest] = only.path;
  if (only.root === "flow_input" && typeof first === "string") {
    let property = flow.schema?.properties?.[first];
    for (const name of rest) {
      property = typeof name === "number" ? property?.items : property?.properties?.[name];
    }
    return property ?? null;
  }
  if (only.root === "results" && typeof first === "string" && Object.hasOwn(samples, first)) {
    let sample: unknown = samples[first];
    for (const name of rest) {
      if (typeof sample !== "object" || sample === null) return null;
      sample = (sample as Record<string | number, unknown>)[name];
    }
    return sample === undefined || sample === null ? null : propertyOf(sample);
  }
  return null;
}

function checkTypes(
  flow: OpenFlow,
  module: FlowModule,
  schema: Schema,
  samples: Record<string, unknown>,
): Problem[] {
  const problems: Problem[] = [];
  const transforms = transformsOf(module);
  for (const [name, transform] of Object.entries(transforms)) {
    const wanted = schema.properties?.[name];
    const wantedType = basic(wanted);
    if (!wanted || !wantedType || wanted.format?.startsWith("resource-")) continue;
    const given =
      transform.type === "javascript"
        ? basic(typeOfExpression(flow, transform.expr, samples) ?? undefined)
        : transform.type === "static" && transform.value !== undefined && transform.value !== null
          ? isReference(transform.value)
            ? null
            : basic(propertyOf(transform.value))
          : null;
    if (given && !fits(given, wantedType)) {
      problems.push({
        step: module.id,
        field: "input",
        name,
        severity: "warning",
        message: `Input “${name}” takes ${article(wantedType)}, but is given ${article(given)}.`,
      });
    }
  }
  return problems;
}

function isReference(value: unknown): boolean {
  return typeof value === "string" && /^\$(var|jsonvar|res|encrypted):/.test(value);
}

function article(type: Basic): string {
  const word = { string: "text", boolean: "yes or no", array: "a list" }[type as string];
  return word ?? (type === "integer" ? "a whole number" : type === "object" ? "an object" : `a ${type}`);
}

export function transformsOf(module: FlowModule): Transforms {
  return "input_transforms" in module.value ? (module.value.input_transforms ?? {}) : {};
}

function checkInputs(module: FlowModule, schema: Schema): Problem[] {
  const { value } = module;
  if ("pass_flow_input_directly" in value && value.pass_flow_input_directly) return [];
  const problems: Problem[] = [];
  const given = transformsOf(module);
  const at = { step: module.id, field: "input" };
  for (const name of Object.keys(given)) {
    if (schema.properties && !Object.hasOwn(schema.properties, name)) {
      problems.push({ ...at, name, severity: "warning", message: `It has no input “${name}” any more.` });
    }
  }
  for (const name of schema.required ?? []) {
    const transform = given[name];
    const missing =
      !transform ||
      (transform.type === "static" &&
        (transform.value === undefined || transform.value === null || transform.value === ""));
    const property = schema.properties?.[name];
    if (missing && property?.default === undefined) {
      problems.push({ ...at, name, severity: "error", message: `Input “${name}” is required.` });
    }
  }
  return problems;
}

function checkShape(value: FlowValue, module: FlowModule): Problem[] {
  const problems: Problem[] = [];
  const add = (severity: Problem["severity"], field: string, message: string, name?: string) =>
    problems.push({ step: module.id, field, severity, message, ...(name === undefined ? {} : { name }) });
  const inner = module.value;
  if ((inner.type === "script" || inner.type === "flow") && !inner.path) {
    add("error", "path", `Choose the ${inner.type} that this step runs.`);
  }
  if (inner.type === "rawscript" && !inner.content.trim()) add("error", "code", "The code is empty.");
  if (
    inner.type === "forloopflow" &&
    inner.iterator.type === "static" &&
    !Array.isArray(inner.iterator.value)
  ) {
    add("error", "iterator", "A loop needs a list.");
  }
  if (inner.type === "whileloopflow" && !module.stop_after_if && !stopsInside(module)) {
    add("warning", "stop_after_if", "This loop never stops: give it a stop condition.");
  }
  if (inner.type === "branchall" && inner.branches.length === 0)
    add("warning", "branches", "There are no branches.");
  const exponential = module.retry?.exponential;
  if (exponential && exponential.attempts > 0 && exponential.seconds === 0) {
    add("error", "retry", "Exponential retry needs at least one second as its base.");
  }
  if ((module.debouncing?.debounce_delay_s ?? 0) > 0 && !mayJoin(value, module)) {
    add(
      "error",
      "debouncing",
      "Only scripts and flows can wait for later runs, and none in loops or in branches that all run.",
    );
  }
  if (value.same_worker && "parallel" in inner && inner.parallel) {
    add("error", "parallel", "“Same worker” and parallel steps exclude each other.");
  }
  if (module.suspend?.user_groups_required && !module.suspend.user_auth_required) {
    add("warning", "suspend", "Groups of approvers count only when approvers must be signed in.");
  }
  return problems;
}

function stopsInside(module: FlowModule): boolean {
  return [...walk({ modules: "modules" in module.value ? module.value.modules : [] })].some(
    (visit) => visit.module.stop_after_if,
  );
}

function checkIds(value: FlowValue): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { id } of allModules(value)) {
    if (seen.has(id)) {
      problems.push({ step: id, field: "id", severity: "error", message: `Two steps are named “${id}”.` });
    }
    seen.add(id);
  }
  if (value.early_return && !seen.has(value.early_return)) {
    problems.push({
      step: null,
      field: "early_return",
      severity: "error",
      message: `The early answer names a step “${value.early_return}” that does not exist.`,
    });
  }
  return problems;
}

export function checkModule(flow: OpenFlow, module: FlowModule, knowledge: Knowledge = {}): Problem[] {
  const scope = standpointOf(flow.value, module.id);
  const problems = checkShape(flow.value, module);
  for (const { place, expr } of expressionsOf(module)) {
    if (scope.isPreprocessor) continue;
    for (const problem of checkExpression(flow, module.id, scope, place, expr)) {
      problems.push({
        step: module.id,
        field: place.field,
        ...(place.name === undefined ? {} : { name: place.name }),
        ...problem,
      });
    }
  }
  const schema = knowledge.schemas?.[module.id];
  if (schema && !scope.isPreprocessor) {
    problems.push(...checkInputs(module, schema));
    problems.push(...checkTypes(flow, module, schema, knowledge.samples ?? {}));
  }
  return problems;
}

/** Everything that is wrong with a flow, in the order of its steps. */
export function checkFlow(flow: OpenFlow, knowledge: Knowledge = {}): Problem[] {
  const problems = checkIds(flow.value);
  if (flow.value.skip_expr) {
    const scope = standpointOf(flow.value, "");
    for (const problem of checkExpression(
      flow,
      "",
      scope,
      { step: null, field: "skip_expr" },
      flow.value.skip_expr,
    )) {
      problems.push({ step: null, field: "skip_expr", ...problem });
    }
  }
  for (const module of allModules(flow.value)) problems.push(...checkModule(flow, module, knowledge));
  return problems;
}
