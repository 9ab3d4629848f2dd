import { useDeferredValue, useMemo } from "react";
import { checkFlow, type Problem } from "@/flow-graph/checks";
import { useDraft, useEditorState } from "./editor";

/** What is wrong with the flow as it stands, checked anew after each edit. */
export function useFlowProblems(): Problem[] {
  // Typing goes first: the checks of a long flow follow when there is time.
  const draft = useDeferredValue(useDraft());
  const schemas = useEditorState((state) => state.schemas);
  const recorded = useEditorState((state) => state.recorded);
  return useMemo(
    () => checkFlow(draft, { schemas, samples: recorded.results }),
    [draft, schemas, recorded.results],
  );
}

/** The worst problem of each step, for its box. */
export function worstByStep(problems: readonly Problem[]): Map<string, "error" | "warning"> {
  const worst = new Map<string, "error" | "warning">();
  for (const { step, severity } of problems) {
    const key = step ?? "@input";
    if (worst.get(key) !== "error") worst.set(key, severity);
  }
  return worst;
}

/** The sentences about one field of a step. */
export function problemsOf(problems: readonly Problem[], field: string, name?: string): string[] {
  return problems
    .filter((problem) => problem.field === field && (name === undefined || problem.name === name))
    .map((problem) => problem.message);
}
