/** The steps that can be chosen, and what each begins with. */

import type { FlowModule, ModuleValue } from "./types";
import { FAILURE_ID, PREPROCESSOR_ID } from "./types";

export type StepKind =
  | { kind: "code"; language: string; content: string }
  | { kind: "script"; path: string; summary?: string }
  | { kind: "flow"; path: string; summary?: string }
  | { kind: "for" }
  | { kind: "while" }
  | { kind: "branchone" }
  | { kind: "branchall" }
  | { kind: "identity" }
  | { kind: "approval"; language: string; content: string }
  | { kind: "sleep" };

/** What an approval is called until somebody says what it asks. */
export const APPROVAL_SUMMARY = "Approval";

function startingValue(step: StepKind): ModuleValue {
  switch (step.kind) {
    case "code":
    case "approval":
      return { type: "rawscript", language: step.language, content: step.content, input_transforms: {} };
    case "script":
      return { type: "script", path: step.path, input_transforms: {} };
    case "flow":
      return { type: "flow", path: step.path, input_transforms: {} };
    case "for":
      return {
        type: "forloopflow",
        iterator: { type: "javascript", expr: "" },
        modules: [],
        skip_failures: false,
        parallel: false,
      };
    case "while":
      return { type: "whileloopflow", modules: [], skip_failures: false };
    case "branchone":
      return { type: "branchone", branches: [{ summary: "", expr: "", modules: [] }], default: [] };
    case "branchall":
      return {
        type: "branchall",
        parallel: true,
        branches: [
          { summary: "", skip_failure: false, modules: [] },
          { summary: "", skip_failure: false, modules: [] },
        ],
      };
    case "identity":
    case "sleep":
      return { type: "identity" };
  }
}

export function newStep(id: string, step: StepKind): FlowModule {
  const module: FlowModule = { id, value: startingValue(step) };
  if (step.kind === "approval") {
    return { ...module, summary: APPROVAL_SUMMARY, suspend: { required_events: 1, timeout: 86_400 } };
  }
  if (step.kind === "sleep") return { ...module, summary: "Sleep", sleep: { type: "static", value: 60 } };
  if (step.kind === "while") {
    return { ...module, stop_after_if: { expr: "flow_input.iter.index >= 9", skip_if_stopped: false } };
  }
  if ((step.kind === "script" || step.kind === "flow") && step.summary) {
    return { ...module, summary: step.summary };
  }
  return module;
}

/** An error handler begins with what every error has. */
export function newFailureStep(language: string, content: string): FlowModule {
  const input_transforms = Object.fromEntries(
    ["message", "name", "step_id"].map((name) => [
      name,
      { type: "javascript" as const, expr: `error.${name}` },
    ]),
  );
  return {
    id: FAILURE_ID,
    summary: "Error handler",
    value: { type: "rawscript", language, content, input_transforms },
  };
}

export function newPreprocessorStep(language: string, content: string): FlowModule {
  return {
    id: PREPROCESSOR_ID,
    summary: "Preprocessor",
    value: { type: "rawscript", language, content, input_transforms: {} },
  };
}
