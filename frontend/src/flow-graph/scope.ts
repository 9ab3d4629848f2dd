/** What an expression at a place in a flow may read. */

import type { FlowModule, FlowValue } from "./types";
import { FAILURE_ID, PREPROCESSOR_ID } from "./types";
import { findVisit, isLoop, listAt, listsOf, walk } from "./walk";

/** `sure`: it has run. `maybe`: it may have been passed over, or ran several times. */
export type Readable = { module: FlowModule; certainty: "sure" | "maybe" };

/** Where an expression stands. */
export type Standpoint = {
  /** The step whose result is `previous_result`; null at the start of a list, where it is the input. */
  previous: FlowModule | null;
  /** In how many loops the place lies: `flow_input.iter`, `.iter_parent`, ... */
  loops: number;
  /** Whether the step before waits for approval: `resume`, `resumes`, `approvers`. */
  afterApproval: boolean;
  isFailureHandler: boolean;
  isPreprocessor: boolean;
};

export type Scope = Standpoint & { results: Readable[] };

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

const NOWHERE: Standpoint = {
  previous: null,
  loops: 0,
  afterApproval: false,
  isFailureHandler: false,
  isPreprocessor: false,
};

export function standpointOf(value: FlowValue, id: string): Standpoint {
  if (id === PREPROCESSOR_ID) return { ...NOWHERE, isPreprocessor: true };
  if (id === FAILURE_ID) return { ...NOWHERE, isFailureHandler: true };
  const visit = findVisit(value, id);
  if (!visit) return NOWHERE;
  const previous = listAt(value, visit.place)?.[visit.place.index - 1] ?? null;
  return {
    ...NOWHERE,
    previous,
    loops: visit.parents.filter((parent) => isLoop(parent.value)).length,
    afterApproval: (previous?.suspend?.required_events ?? 0) >= 1,
  };
}

/** Nearest steps first: they are what one usually means. */
function readablesOf(value: FlowValue, id: string): Readable[] {
  if (id === FAILURE_ID) return [...walk(value)].map(({ module }) => ({ module, certainty: "maybe" }));
  const visit = findVisit(value, id);
  if (!visit) return [];
  const results: Readable[] = [];
  let place = visit.place;
  for (let level = visit.parents.length; level >= 0; level -= 1) {
    const list = listAt(value, place) ?? [];
    for (const module of list.slice(0, place.index).reverse()) {
      results.push({ module, certainty: "sure" }, ...inner(module));
    }
    const parent = visit.parents[level - 1];
    if (parent) place = findVisit(value, parent.id)?.place ?? place;
  }
  return results;
}

export function scopeOf(value: FlowValue, id: string): Scope {
  return { ...standpointOf(value, id), results: readablesOf(value, id) };
}

/** What `scopeOf` says of one step's result, without a list of all of them; null where it cannot be read. */
export function certaintyOf(value: FlowValue, at: string, id: string): Readable["certainty"] | null {
  const there = findVisit(value, id);
  if (!there) return null;
  if (at === FAILURE_ID) return "maybe";
  const here = findVisit(value, at);
  if (!here) return null;
  const from = [...here.parents, here.module];
  const to = [...there.parents, there.module];
  const level = from.findIndex((module, index) => module !== to[index]);
  const mine = findVisit(value, from[level]?.id ?? "")?.place;
  const theirs = findVisit(value, to[level]?.id ?? "")?.place;
  if (!mine || !theirs || mine.owner !== theirs.owner || mine.list !== theirs.list) return null;
  if (theirs.index >= mine.index) return null;
  return level === to.length - 1 ? "sure" : "maybe";
}

/** The name of the n-th enclosing loop's turn in `flow_input`, innermost first. */
export function iterName(n: number): string {
  return n === 0 ? "iter" : `iter${"_parent".repeat(n)}`;
}

/** The identifiers that mean something at a place. */
export function knownRoots(scope: Standpoint, field: string): Set<string> {
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
