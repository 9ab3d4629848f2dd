/** Groups: steps in a row that a document puts under a name, with a colour. Edits give a new flow. */

import { idsIn, type Range, rangeBetween } from "./ranges";
import type { FlowGroup, FlowModule, FlowValue, ListKey, Place } from "./types";
import { findVisit, listAt, listsOf, walk } from "./walk";

const PREFIX = "@group:";
/** A group has no name of its own in a document: its ends are what it is known by. */
export const groupId = (group: FlowGroup) => `${PREFIX}${group.start_id}:${group.end_id}`;
export const isGroupId = (id: string) => id.startsWith(PREFIX);

export type FoundGroup = { group: FlowGroup; index: number; range: Range };

/** The steps of a group; null where the document names steps that are gone or lie in different lists. */
export function rangeOfGroup(value: FlowValue, group: FlowGroup): Range | null {
  const range = rangeBetween(value, group.start_id, group.end_id);
  if (!range) return null;
  const ids = new Set(idsIn(value, range));
  return ids.has(group.start_id) && ids.has(group.end_id) ? range : null;
}

export function groupsOf(value: FlowValue): FoundGroup[] {
  return (value.groups ?? []).flatMap((group, index) => {
    const range = rangeOfGroup(value, group);
    return range ? [{ group, index, range }] : [];
  });
}

export function findGroup(value: FlowValue, id: string): FoundGroup | undefined {
  return isGroupId(id) ? groupsOf(value).find((found) => groupId(found.group) === id) : undefined;
}

export const groupTitle = (group: FlowGroup) => group.summary || "Group";

/** The groups that are folded when a flow is opened. */
export const collapsedAtFirst = (value: FlowValue): string[] =>
  (value.groups ?? []).filter((group) => group.autocollapse).map(groupId);

const inList = (range: Range, key: ListKey) => range.owner === key.owner && range.list === key.list;

/** The range with every group taken in whole that it would cut. */
function uncut(value: FlowValue, range: Range): Range {
  let { from, to } = range;
  const others = groupsOf(value).map((found) => found.range);
  for (let grown = true; grown; ) {
    grown = false;
    for (const other of others) {
      const cuts =
        inList(other, range) &&
        ((other.from < from && other.to >= from && other.to < to) ||
          (other.to > to && other.from <= to && other.from > from));
      if (!cuts) continue;
      from = Math.min(from, other.from);
      to = Math.max(to, other.to);
      grown = true;
    }
  }
  return { ...range, from, to };
}

/** Puts steps in a row under a name. Groups lie within each other or apart, never across. */
export function groupSteps(
  value: FlowValue,
  range: Range,
  look: Pick<FlowGroup, "summary" | "color"> = {},
): { value: FlowValue; id: string } | null {
  const ids = idsIn(value, uncut(value, range));
  const [start_id, end_id] = [ids[0], ids.at(-1)];
  if (start_id === undefined || end_id === undefined) return null;
  const group: FlowGroup = { ...look, start_id, end_id };
  const id = groupId(group);
  if (findGroup(value, id)) return { value, id };
  return { value: { ...value, groups: [...(value.groups ?? []), group] }, id };
}

/** A group with another name, note, colour or fold; undefined removes a member. */
export function changeGroup(
  value: FlowValue,
  id: string,
  change: Partial<Pick<FlowGroup, "summary" | "note" | "color" | "autocollapse">>,
): FlowValue {
  const found = findGroup(value, id);
  if (!found) return value;
  const kept = Object.entries({ ...found.group, ...change }).filter(([, member]) => member !== undefined);
  const group = Object.fromEntries(kept) as FlowGroup;
  return withGroups(
    value,
    (value.groups ?? []).map((known, index) => (index === found.index ? group : known)),
  );
}

/** The steps stay where they are; only what held them together is gone. */
export function ungroup(value: FlowValue, id: string): FlowValue {
  const found = findGroup(value, id);
  if (!found) return value;
  return withGroups(
    value,
    (value.groups ?? []).filter((_, index) => index !== found.index),
  );
}

function withGroups(value: FlowValue, groups: FlowGroup[]): FlowValue {
  if (groups.length > 0) return { ...value, groups };
  const { groups: _none, ...rest } = value;
  return rest;
}

/**
 * After an edit of the steps: groups whose ends went elsewhere hold what is left of them, and go with their last
 * step. A step that was moved leaves its group, unless it lies between the others still.
 */
export function keepGroups(
  before: FlowValue,
  after: FlowValue,
  moved: ReadonlySet<string> = new Set(),
): FlowValue {
  if (before.modules === after.modules || !after.groups?.length) return after;
  const known = new Set(before.groups);
  const places = new Map([...walk(after)].map((visit) => [visit.module.id, visit.place]));
  const groups = after.groups.flatMap((group) => {
    // What this very edit wrote about a group is right already.
    const range = known.has(group) ? rangeOfGroup(before, group) : null;
    if (!range) return [group];
    const members = idsIn(before, range).filter((id) => places.has(id));
    const stayed = members.filter((id) => !moved.has(id));
    return anchored(group, after, places, stayed.length > 0 ? stayed : members);
  });
  const same =
    groups.length === after.groups.length && groups.every((group, at) => group === after.groups?.[at]);
  return same ? after : withGroups(after, groups);
}

function anchored(
  group: FlowGroup,
  value: FlowValue,
  places: ReadonlyMap<string, Place>,
  members: readonly string[],
): FlowGroup[] {
  const first = members[0] === undefined ? undefined : places.get(members[0]);
  if (!first) return [];
  const indices = members.flatMap((id) => {
    const place = places.get(id);
    return place && place.owner === first.owner && place.list === first.list ? [place.index] : [];
  });
  const list = listAt(value, first) ?? [];
  const start_id = list[Math.min(...indices)]?.id ?? group.start_id;
  const end_id = list[Math.max(...indices)]?.id ?? group.end_id;
  return [start_id === group.start_id && end_id === group.end_id ? group : { ...group, start_id, end_id }];
}

/** The groups around a step, outermost first. */
export function groupsAround(value: FlowValue, id: string): string[] {
  if (!value.groups?.length) return [];
  const visit = findVisit(value, id);
  if (!visit) return [];
  const around = new Set([...visit.parents.map((parent) => parent.id), id]);
  return groupsOf(value)
    .filter(({ range }) => idsIn(value, range).some((member) => around.has(member)))
    .map(({ group }) => groupId(group));
}

/** What has to be unfolded so that a step is in sight. */
export function foldsOver(value: FlowValue, id: string, folded: ReadonlySet<string>): string[] {
  if (folded.size === 0) return [];
  const parents = findVisit(value, id)?.parents.map((parent) => parent.id) ?? [];
  return [...parents, ...groupsAround(value, id)].filter((one) => folded.has(one));
}

/** A folded group as one box: where it begins in its list, and where it ends. */
export type Fold = { id: string; group: FlowGroup; from: number; to: number };

/** The folded groups by the step with which they begin; of two that begin there the longer one. */
export function foldsByStart(value: FlowValue, folded: ReadonlySet<string>): ReadonlyMap<string, Fold> {
  const folds = new Map<string, Fold>();
  if (folded.size === 0) return folds;
  for (const { group, range } of groupsOf(value)) {
    const id = groupId(group);
    const start = idsIn(value, range)[0];
    if (!folded.has(id) || start === undefined) continue;
    const other = folds.get(start);
    if (!other || other.to < range.to) folds.set(start, { id, group, from: range.from, to: range.to });
  }
  return folds;
}

/** The entries of a list as they are drawn: steps, and groups that are folded into one box. */
export function* entriesOf(
  modules: readonly FlowModule[],
  folds: ReadonlyMap<string, Fold>,
): Generator<{ index: number; module: FlowModule; fold: Fold | null; members: readonly FlowModule[] }> {
  for (let index = 0; index < modules.length; index += 1) {
    const module = modules[index];
    if (!module) continue;
    const fold = folds.get(module.id) ?? null;
    const members = fold ? modules.slice(index, index + fold.to - fold.from + 1) : [module];
    yield { index, module, fold, members };
    index += members.length - 1;
  }
}

/** Every step within some steps, they included. */
export function* within(modules: readonly FlowModule[]): Generator<FlowModule> {
  for (const module of modules) {
    yield module;
    for (const list of listsOf(module)) yield* within(list.modules);
  }
}
