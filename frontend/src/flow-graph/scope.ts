/** What an expression at a place in a flow may read. */

import type { FlowModule, FlowValue } from "./types";
import { FAILURE_ID, PREPROCESSOR_ID } from "./types";
import { findVisit, isLoop, listAt, listsOf, walk } from "./walk";

/** `sure`: it has run. `maybe`: it may have been passed over, or ran several times. */
export type Readable = { module: FlowModule; certainty: "sure" | "maybe" };

export type Scope = {
  /** The step whose result is `previous_result`; null at the start of a list, where it is the input. */
  previous: FlowModule | null;
  results: Readable[];
  /** In how many loops the place lies: `flow_input.iter`, `.iter_parent`, ... */
  loops: number;
  /** Whether the step before waits for approval: `resume`, `resumes`, `approvers`. */
  afterApproval: boolean;
  isFailureHandler: boolean;
  isPreprocessor: boolean;
};

function inner(module: FlowModule): Readable[] {
  const found: Readable[] = [];
  const visit = (step: FlowModule) => {
    for (const list of listsOf(step)) {
      for (const child of list.modules) {
        found.push({ module: child, certainty: "maybe" });
        visit(child);
      }
    }
  };
  visit(module);
  return found;
}

const NOTHING: Scope = {
  previous: null,
  results: [],
  loops: 0,
  afterApproval: false,
  isFailureHandler: false,
  isPreprocessor: false,
};

/** Nearest steps first: they are what one usually means. */
export function scopeOf(value: FlowValue, id: string): Scope {
  if (id === PREPROCESSOR_ID) return { ...NOTHING, isPreprocessor: true };
  if (id === FAILURE_ID) {
    const results = [...walk(value)].map((visit) => ({ module: visit.module, certainty: "maybe" as const }));
    return { ...NOTHING, results, isFailureHandler: true };
  }
  const visit = findVisit(value, id);
  if (!visit) return NOTHING;
  const results: Readable[] = [];
  let place = visit.place;
  let previous: FlowModule | null = null;
  for (let level = visit.parents.length; level >= 0; level -= 1) {
    const list = listAt(value, place) ?? [];
    const before = list.slice(0, place.index);
    if (level === visit.parents.length) previous = before[before.length - 1] ?? null;
    for (const module of before.reverse()) {
      results.push({ module, certainty: "sure" }, ...inner(module));
    }
    const parent = visit.parents[level - 1];
    if (parent) place = findVisit(value, parent.id)?.place ?? place;
  }
  return {
    ...NOTHING,
    previous,
    results,
    loops: visit.parents.filter((parent) => isLoop(parent.value)).length,
    afterApproval: (previous?.suspend?.required_events ?? 0) >= 1,
  };
}

/** The name of the n-th enclosing loop's turn in `flow_input`, innermost first. */
export function iterName(n: number): string {
  return n === 0 ? "iter" : `iter${"_parent".repeat(n)}`;
}

/** The identifiers that mean something at a place. */
export function knownRoots(scope: Scope, field: string): Set<string> {
  const known = new Set(["flow_input", "flow_env", "results", "previous_result", "variable", "resource"]);
  for (const name of ["flow_user_state", "params", "error"]) known.add(name);
  if (field !== "input") known.add("result");
  if (field === "stop_after_if") known.add("all_iters");
  if (field === "skip_expr") known.add("WM_SCHEDULED_FOR");
  if (scope.afterApproval || scope.isFailureHandler) {
    for (const name of ["resume", "resumes", "approvers"]) known.add(name);
  }
  if (scope.isFailureHandler) for (const name of ["started_at", "flow_job_id"]) known.add(name);
  return known;
}
