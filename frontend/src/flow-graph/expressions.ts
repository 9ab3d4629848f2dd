/** Where a flow holds expressions: one list, from which renaming, search and checks derive. */

import type { FlowModule, FlowValue, InputTransform, Transforms } from "./types";

/** `input` names an argument; `branch` a predicate by its number. */
export type ExpressionPlace = {
  step: string | null;
  field:
    | "input"
    | "iterator"
    | "parallelism"
    | "branch"
    | "skip_if"
    | "stop_after_if"
    | "stop_after_all_iters_if"
    | "sleep"
    | "timeout"
    | "retry_if"
    | "groups"
    | "skip_expr";
  name?: string;
};

export const FIELD_LABELS: Record<ExpressionPlace["field"], string> = {
  input: "input",
  iterator: "list to loop over",
  parallelism: "parallelism",
  branch: "condition",
  skip_if: "skip condition",
  stop_after_if: "stop condition",
  stop_after_all_iters_if: "stop condition after the loop",
  sleep: "sleep",
  timeout: "timeout",
  retry_if: "retry condition",
  groups: "groups of approvers",
  skip_expr: "skip condition of the flow",
};

type Change = (expr: string, place: ExpressionPlace) => string;

function mapTransform<T extends InputTransform | number | undefined>(
  transform: T,
  place: ExpressionPlace,
  change: Change,
): T {
  if (typeof transform !== "object" || transform.type !== "javascript") return transform;
  const expr = change(transform.expr, place);
  return expr === transform.expr ? transform : ({ ...transform, expr } as T);
}

function mapTransforms(transforms: Transforms, step: string, change: Change): Transforms {
  let result = transforms;
  for (const [name, transform] of Object.entries(transforms)) {
    const mapped = mapTransform(transform, { step, field: "input", name }, change);
    if (mapped !== transform) result = { ...result, [name]: mapped };
  }
  return result;
}

/** Sets `key` only when it changed, so that untouched objects stay the same. */
function withKey<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): T {
  return object[key] === value ? object : { ...object, [key]: value };
}

function mapValue(module: FlowModule, change: Change): FlowModule["value"] {
  const { value, id: step } = module;
  switch (value.type) {
    case "rawscript":
    case "script":
    case "flow":
    case "aiagent":
      return withKey(
        value,
        "input_transforms",
        mapTransforms(value.input_transforms ?? {}, step, change) ?? value.input_transforms,
      );
    case "forloopflow": {
      const iterator = mapTransform(value.iterator, { step, field: "iterator" }, change);
      const looped = withKey(value, "iterator", iterator);
      if (value.parallelism === undefined) return looped;
      return withKey(
        looped,
        "parallelism",
        mapTransform(value.parallelism, { step, field: "parallelism" }, change),
      );
    }
    case "branchone": {
      const branches = value.branches.map((branch, index) =>
        branch.expr === undefined
          ? branch
          : withKey(branch, "expr", change(branch.expr, { step, field: "branch", name: String(index) })),
      );
      return branches.every((branch, index) => branch === value.branches[index])
        ? value
        : { ...value, branches };
    }
    default:
      return value;
  }
}

/** The step with its own expressions changed, not those of the steps that it holds. */
export function mapOwnExpressions(module: FlowModule, change: Change): FlowModule {
  const step = module.id;
  let result = withKey(module, "value", mapValue(module, change));
  for (const field of ["skip_if", "stop_after_if", "stop_after_all_iters_if"] as const) {
    const found = result[field];
    if (found)
      result = withKey(result, field, withKey(found, "expr", change(found.expr, { step, field })) as never);
  }
  for (const field of ["sleep", "timeout"] as const) {
    const found = result[field];
    if (found !== undefined)
      result = withKey(result, field, mapTransform(found, { step, field }, change) as never);
  }
  const retryIf = result.retry?.retry_if;
  if (result.retry && retryIf) {
    const expr = change(retryIf.expr, { step, field: "retry_if" });
    if (expr !== retryIf.expr)
      result = { ...result, retry: { ...result.retry, retry_if: { ...retryIf, expr } } };
  }
  const groups = result.suspend?.user_groups_required;
  if (result.suspend && groups) {
    const mapped = mapTransform(groups, { step, field: "groups" }, change);
    if (mapped !== groups)
      result = { ...result, suspend: { ...result.suspend, user_groups_required: mapped } };
  }
  return result;
}

function mapInner(module: FlowModule, map: (module: FlowModule) => FlowModule): FlowModule {
  const { value } = module;
  const all = (modules: FlowModule[]) => {
    const mapped = modules.map(map);
    return mapped.every((known, index) => known === modules[index]) ? modules : mapped;
  };
  switch (value.type) {
    case "forloopflow":
    case "whileloopflow":
      return withKey(module, "value", withKey(value, "modules", all(value.modules)) as typeof value);
    case "branchone":
    case "branchall": {
      const branches = value.branches.map((branch) => withKey(branch, "modules", all(branch.modules)));
      const same = branches.every((branch, index) => branch === value.branches[index]);
      let next = same ? value : { ...value, branches };
      if (next.type === "branchone") next = withKey(next, "default", all(next.default));
      return withKey(module, "value", next);
    }
    default:
      return module;
  }
}

/** Applies `map` to every step, innermost first; what it leaves alone stays the same object. */
export function mapModules(value: FlowValue, map: (module: FlowModule) => FlowModule): FlowValue {
  const deep = (module: FlowModule): FlowModule => map(mapInner(module, deep));
  const modules = value.modules.map(deep);
  let result = modules.every((known, index) => known === value.modules[index])
    ? value
    : { ...value, modules };
  if (value.failure_module) result = withKey(result, "failure_module", deep(value.failure_module));
  if (value.preprocessor_module)
    result = withKey(result, "preprocessor_module", deep(value.preprocessor_module));
  return result;
}

/** The flow with every expression changed. */
export function mapExpressions(value: FlowValue, change: Change): FlowValue {
  const result = mapModules(value, (module) => mapOwnExpressions(module, change));
  if (result.skip_expr === undefined) return result;
  return withKey(result, "skip_expr", change(result.skip_expr, { step: null, field: "skip_expr" }));
}

/** The expressions of one step itself. */
export function expressionsOf(module: FlowModule): { place: ExpressionPlace; expr: string }[] {
  const found: { place: ExpressionPlace; expr: string }[] = [];
  mapOwnExpressions(module, (expr, place) => {
    found.push({ place, expr });
    return expr;
  });
  return found;
}
