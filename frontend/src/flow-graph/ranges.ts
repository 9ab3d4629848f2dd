/** Steps that follow each other in one list: what is marked, grouped, copied and deleted together. */

import { withoutModules } from "./edit";
import type { FlowModule, FlowValue, ListKey, Place } from "./types";
import { findVisit, listAt } from "./walk";

/** From a step to another of the same list, both included. */
export type Range = ListKey & { from: number; to: number };

const sameList = (a: ListKey, b: ListKey) => a.owner === b.owner && a.list === b.list;

/** Where a step lies, and where each step lies that holds it; the outermost first. */
function chainOf(value: FlowValue, id: string): Place[] {
  const visit = findVisit(value, id);
  if (!visit) return [];
  const holders = visit.parents.flatMap((parent) => findVisit(value, parent.id)?.place ?? []);
  return [...holders, visit.place];
}

/** The smallest range that takes in both steps, whole loops and branches where they lie in different lists. */
export function rangeBetween(value: FlowValue, a: string, b: string): Range | null {
  const [first, second] = [chainOf(value, a), chainOf(value, b)];
  let found: Range | null = null;
  for (const [depth, one] of first.entries()) {
    const other = second[depth];
    if (!other || !sameList(one, other)) break;
    const { owner, list } = one;
    found = { owner, list, from: Math.min(one.index, other.index), to: Math.max(one.index, other.index) };
  }
  return found;
}

export function modulesIn(value: FlowValue, range: Range): FlowModule[] {
  return (listAt(value, range) ?? []).slice(range.from, range.to + 1);
}

export function idsIn(value: FlowValue, range: Range): string[] {
  return modulesIn(value, range).map((module) => module.id);
}

export function removeRange(value: FlowValue, range: Range): FlowValue {
  return withoutModules(value, range, new Set(idsIn(value, range)));
}

/** The other end of a marked range after one more step of the list, or one less. */
export function extended(value: FlowValue, anchor: string, end: string, by: -1 | 1): string {
  const range = rangeBetween(value, anchor, end);
  const list = range && listAt(value, range);
  const place = findVisit(value, end)?.place;
  if (!range || !list || !place) return end;
  const at = sameList(place, range) ? place.index : by > 0 ? range.to : range.from;
  return list[at + by]?.id ?? end;
}
