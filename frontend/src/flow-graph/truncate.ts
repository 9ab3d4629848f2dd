/** Parts of a flow that run on their own: up to a step, or one step alone. */

import type { FlowModule, FlowValue } from "./types";
import { contains } from "./walk";

function upTo(modules: readonly FlowModule[], id: string): FlowModule[] {
  const at = modules.findIndex((module) => contains(module, id));
  if (at < 0) return [...modules];
  const target = modules[at];
  if (!target) return [...modules];
  return [...modules.slice(0, at), target.id === id ? withoutEnd(target) : within(target, id)];
}

/** A container that holds the step, with what comes after the step left out. */
function within(module: FlowModule, id: string): FlowModule {
  const { value } = module;
  switch (value.type) {
    case "forloopflow":
    case "whileloopflow":
      return { ...module, value: { ...value, modules: upTo(value.modules, id) } };
    case "branchone":
      return {
        ...module,
        value: {
          ...value,
          branches: value.branches.map((branch) => ({ ...branch, modules: upTo(branch.modules, id) })),
          default: upTo(value.default, id),
        },
      };
    case "branchall":
      return {
        ...module,
        value: {
          ...value,
          branches: value.branches.map((branch) => ({ ...branch, modules: upTo(branch.modules, id) })),
        },
      };
    default:
      return module;
  }
}

/** Without what acts only before the next step, which is not there. */
function withoutEnd(module: FlowModule): FlowModule {
  const { suspend: _suspend, sleep: _sleep, ...rest } = module;
  return rest;
}

/** The flow that ends with a step: for "test up to here". */
export function truncateAfter(value: FlowValue, id: string): FlowValue {
  return { ...value, modules: upTo(value.modules, id) };
}
