/** Reading a flow: its lists, its steps and where they are. */

import type { FlowModule, FlowValue, ListKey, ModuleValue, Place } from "./types";
import { FAILURE_ID, PREPROCESSOR_ID, ROOT } from "./types";

export type NamedList = { key: ListKey; modules: FlowModule[]; label: string };

/** The lists of steps that a step holds; empty for a step that holds none. */
export function listsOf(module: FlowModule): NamedList[] {
  const { value } = module;
  const owner = module.id;
  switch (value.type) {
    case "forloopflow":
    case "whileloopflow":
      return [{ key: { owner, list: "body" }, modules: value.modules, label: "each turn" }];
    case "branchone":
      return [
        ...value.branches.map((branch, index) => ({
          key: { owner, list: index },
          modules: branch.modules,
          label: branch.summary || `Branch ${index + 1}`,
        })),
        { key: { owner, list: "default" as const }, modules: value.default, label: "Otherwise" },
      ];
    case "branchall":
      return value.branches.map((branch, index) => ({
        key: { owner, list: index },
        modules: branch.modules,
        label: branch.summary || `Branch ${index + 1}`,
      }));
    default:
      return [];
  }
}

export function isContainer(value: ModuleValue): boolean {
  return ["forloopflow", "whileloopflow", "branchone", "branchall"].includes(value.type);
}

export function isLoop(value: ModuleValue): boolean {
  return value.type === "forloopflow" || value.type === "whileloopflow";
}

export type Visit = { module: FlowModule; place: Place; parents: readonly FlowModule[] };

function* walkList(
  key: ListKey,
  modules: readonly FlowModule[],
  parents: readonly FlowModule[],
): Generator<Visit> {
  for (const [index, module] of modules.entries()) {
    yield { module, place: { ...key, index }, parents };
    for (const inner of listsOf(module)) yield* walkList(inner.key, inner.modules, [...parents, module]);
  }
}

/** Every step in the order in which it is read, containers before what they hold; not the special steps. */
export function walk(value: FlowValue): Generator<Visit> {
  return walkList(ROOT, value.modules, []);
}

export function* allModules(value: FlowValue): Generator<FlowModule> {
  if (value.preprocessor_module) yield value.preprocessor_module;
  for (const visit of walk(value)) yield visit.module;
  if (value.failure_module) yield value.failure_module;
}

/** Whether a step can wait for those of later runs: others of its own run are none of these. */
export function mayJoin(value: FlowValue, module: FlowModule): boolean {
  if (!["rawscript", "script", "flow"].includes(module.value.type)) return false;
  const parents = findVisit(value, module.id)?.parents;
  return parents?.every((parent) => parent.value.type === "branchone") ?? false;
}

/** What a run went through in the order of time: preprocessor, steps, error handler. */
export function* walkRun(value: FlowValue): Generator<{ module: FlowModule; depth: number }> {
  if (value.preprocessor_module) yield { module: value.preprocessor_module, depth: 0 };
  for (const { module, parents } of walk(value)) yield { module, depth: parents.length };
  if (value.failure_module) yield { module: value.failure_module, depth: 0 };
}

// Flows are never changed in place: an edit makes a new one. Where each step of a flow is found is noted once.
const visitsOf = new WeakMap<FlowValue, ReadonlyMap<string, Visit>>();

export function findModule(value: FlowValue, id: string): FlowModule | undefined {
  if (value.preprocessor_module?.id === id) return value.preprocessor_module;
  const found = findVisit(value, id)?.module;
  return found ?? (value.failure_module?.id === id ? value.failure_module : undefined);
}

export function findVisit(value: FlowValue, id: string): Visit | undefined {
  let visits = visitsOf.get(value);
  if (!visits) {
    const made = new Map<string, Visit>();
    for (const visit of walk(value)) if (!made.has(visit.module.id)) made.set(visit.module.id, visit);
    visits = made;
    visitsOf.set(value, made);
  }
  return visits.get(id);
}

export function listAt(value: FlowValue, key: ListKey): FlowModule[] | undefined {
  if (key.owner === null) return value.modules;
  const owner = findModule(value, key.owner);
  return owner && listsOf(owner).find((known) => known.key.list === key.list)?.modules;
}

export function stepIds(value: FlowValue): Set<string> {
  return new Set([...allModules(value)].map((module) => module.id));
}

export function isSpecial(id: string): boolean {
  return id === FAILURE_ID || id === PREPROCESSOR_ID;
}

/** Whether `inner` is `outer` or lies somewhere in it. */
export function contains(outer: FlowModule, innerId: string): boolean {
  if (outer.id === innerId) return true;
  return listsOf(outer).some((list) => list.modules.some((module) => contains(module, innerId)));
}

const SPECIAL_TITLES: Record<string, string> = {
  [FAILURE_ID]: "Error handler",
  [PREPROCESSOR_ID]: "Preprocessor",
};

/** What a step is called in a sentence. */
export function stepTitle(module: FlowModule): string {
  return module.summary || SPECIAL_TITLES[module.id] || KIND_TITLES[module.value.type](module.value as never);
}

const KIND_TITLES: { [K in ModuleValue["type"]]: (value: Extract<ModuleValue, { type: K }>) => string } = {
  rawscript: () => "Inline script",
  script: (value) => value.path || "Script",
  flow: (value) => value.path || "Flow",
  forloopflow: () => "For each",
  whileloopflow: () => "Repeat",
  branchone: () => "Choose a branch",
  branchall: () => "Run all branches",
  identity: () => "Pass on",
  aiagent: () => "Agent",
};
