/** Edits of a flow's structure. Each takes a flow and gives a new one that shares what did not change. */

import { idMaker } from "./ids";
import type { Branch, FlowModule, FlowValue, ListKey, Place } from "./types";
import { FAILURE_ID, PREPROCESSOR_ID } from "./types";
import { contains, findVisit, isSpecial, listAt, listsOf, stepIds } from "./walk";

/** The step with one of its lists replaced. */
function withList(module: FlowModule, list: ListKey["list"], modules: FlowModule[]): FlowModule {
  const { value } = module;
  switch (value.type) {
    case "forloopflow":
    case "whileloopflow":
      return { ...module, value: { ...value, modules } };
    case "branchone":
      if (list === "default") return { ...module, value: { ...value, default: modules } };
      return { ...module, value: { ...value, branches: withBranch(value.branches, list, modules) } };
    case "branchall":
      return { ...module, value: { ...value, branches: withBranch(value.branches, list, modules) } };
    default:
      return module;
  }
}

function withBranch(branches: readonly Branch[], list: ListKey["list"], modules: FlowModule[]): Branch[] {
  return branches.map((branch, index) => (index === list ? { ...branch, modules } : branch));
}

/** Applies `change` to one step wherever it is; lists on the way are copied, all others stay the same objects. */
function mapModule(
  modules: readonly FlowModule[],
  id: string,
  change: (module: FlowModule) => FlowModule,
): FlowModule[] | null {
  for (const [index, module] of modules.entries()) {
    if (module.id === id) return replaced(modules, index, change(module));
    for (const inner of listsOf(module)) {
      const found = mapModule(inner.modules, id, change);
      if (found) return replaced(modules, index, withList(module, inner.key.list, found));
    }
  }
  return null;
}

function replaced(modules: readonly FlowModule[], index: number, module: FlowModule): FlowModule[] {
  return modules.map((known, at) => (at === index ? module : known));
}

/** The flow with one step changed. The change must not change its id: `renameStep` does. */
export function updateModule(
  value: FlowValue,
  id: string,
  change: (module: FlowModule) => FlowModule,
): FlowValue {
  if (id === FAILURE_ID) {
    return value.failure_module ? { ...value, failure_module: change(value.failure_module) } : value;
  }
  if (id === PREPROCESSOR_ID) {
    return value.preprocessor_module
      ? { ...value, preprocessor_module: change(value.preprocessor_module) }
      : value;
  }
  const modules = mapModule(value.modules, id, change);
  return modules ? { ...value, modules } : value;
}

function updateList(
  value: FlowValue,
  key: ListKey,
  change: (modules: FlowModule[]) => FlowModule[],
): FlowValue {
  if (key.owner === null) return { ...value, modules: change(value.modules) };
  const list = listAt(value, key);
  if (!list) return value;
  return updateModule(value, key.owner, (owner) => withList(owner, key.list, change(list)));
}

/** Puts steps at a place. Their ids must be free; `withFreshIds` makes them so. */
export function insertAt(value: FlowValue, place: Place, modules: readonly FlowModule[]): FlowValue {
  return updateList(value, place, (list) => {
    const at = Math.max(0, Math.min(place.index, list.length));
    return [...list.slice(0, at), ...modules, ...list.slice(at)];
  });
}

export function removeModule(value: FlowValue, id: string): FlowValue {
  if (id === FAILURE_ID) {
    const { failure_module: _gone, ...rest } = value;
    return rest;
  }
  if (id === PREPROCESSOR_ID) {
    const { preprocessor_module: _gone, ...rest } = value;
    return rest;
  }
  const visit = findVisit(value, id);
  return visit ? withoutModules(value, visit.place, new Set([id])) : value;
}

/** Takes steps out of a list. */
export function withoutModules(value: FlowValue, key: ListKey, ids: ReadonlySet<string>): FlowValue {
  return updateList(value, key, (list) => list.filter((module) => !ids.has(module.id)));
}

/** Moves a step. `place` is read in the flow as it is before; a place within the step itself changes nothing. */
export function moveModule(value: FlowValue, id: string, place: Place): FlowValue {
  const visit = findVisit(value, id);
  if (!visit) return value;
  if (place.owner !== null && contains(visit.module, place.owner)) return value;
  const sameList = visit.place.owner === place.owner && visit.place.list === place.list;
  if (sameList && (place.index === visit.place.index || place.index === visit.place.index + 1)) return value;
  const index = sameList && visit.place.index < place.index ? place.index - 1 : place.index;
  return insertAt(removeModule(value, id), { ...place, index }, [visit.module]);
}

/** Moves a step one place up or down in its list. */
export function shiftModule(value: FlowValue, id: string, by: -1 | 1): FlowValue {
  const visit = findVisit(value, id);
  if (!visit) return value;
  const list = listAt(value, visit.place) ?? [];
  const index = visit.place.index + by;
  if (index < 0 || index >= list.length) return value;
  return moveModule(value, id, { ...visit.place, index: by > 0 ? index + 1 : index });
}

/** Where a new step goes when `id` is selected: after it, or at the end of the flow. */
export function placeAfter(value: FlowValue, id: string | null): Place {
  const visit = id === null || isSpecial(id) ? undefined : findVisit(value, id);
  if (!visit) return { owner: null, list: "body", index: value.modules.length };
  return { ...visit.place, index: visit.place.index + 1 };
}

export function newBranch(): Branch {
  return { summary: "", modules: [] };
}

/** Adds a branch at the end (of a choice: before `Otherwise`). */
export function addBranch(value: FlowValue, id: string): FlowValue {
  return updateModule(value, id, (module) => {
    if (module.value.type === "branchone") {
      const branch = { ...newBranch(), expr: "false" };
      return { ...module, value: { ...module.value, branches: [...module.value.branches, branch] } };
    }
    if (module.value.type === "branchall") {
      const branch = { ...newBranch(), skip_failure: false };
      return { ...module, value: { ...module.value, branches: [...module.value.branches, branch] } };
    }
    return module;
  });
}

export function removeBranch(value: FlowValue, id: string, index: number): FlowValue {
  return updateModule(value, id, (module) => {
    if (module.value.type !== "branchone" && module.value.type !== "branchall") return module;
    const branches = module.value.branches.filter((_, at) => at !== index);
    return { ...module, value: { ...module.value, branches } };
  });
}

/** Swaps a branch with its neighbour; in a choice the order decides. */
export function shiftBranch(value: FlowValue, id: string, index: number, by: -1 | 1): FlowValue {
  return updateModule(value, id, (module) => {
    if (module.value.type !== "branchone" && module.value.type !== "branchall") return module;
    const branches = [...module.value.branches];
    const [from, to] = [branches[index], branches[index + by]];
    if (!from || !to) return module;
    branches[index] = to;
    branches[index + by] = from;
    return { ...module, value: { ...module.value, branches } };
  });
}

export function updateBranch(
  value: FlowValue,
  id: string,
  index: number,
  change: Partial<Branch>,
): FlowValue {
  return updateModule(value, id, (module) => {
    if (module.value.type !== "branchone" && module.value.type !== "branchall") return module;
    const branches = module.value.branches.map((branch, at) =>
      at === index ? { ...branch, ...change } : branch,
    );
    return { ...module, value: { ...module.value, branches } };
  });
}

export function nextId(value: FlowValue): string {
  return idMaker(stepIds(value))();
}
