import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Schema } from "@/api/types";
import { flowQuery } from "@/features/flows/flows";
import { scriptQuery } from "@/features/scripts/scripts";
import { useInference } from "@/features/scripts/use-inference";
import type { FlowModule } from "@/flow-graph/types";
import { useFlowEditor } from "./editor";

export type StepSchema = {
  schema: Schema | null | undefined;
  isPending: boolean;
  problem: string | null;
};

/** What a step takes: read from its code, or from the script or flow that it calls. */
export function useStepSchema(workspace: string, module: FlowModule): StepSchema {
  const editor = useFlowEditor();
  const { value, id } = module;
  const isCode = value.type === "rawscript";
  const { inferred, pending } = useInference(
    workspace,
    isCode ? value.language : "",
    isCode ? value.content : "",
  );
  const script = useQuery({
    ...scriptQuery(workspace, value.type === "script" ? value.path : ""),
    enabled: value.type === "script" && value.path !== "",
  });
  const flow = useQuery({
    ...flowQuery(workspace, value.type === "flow" ? value.path : ""),
    enabled: value.type === "flow" && value.path !== "",
  });
  const found: StepSchema = isCode
    ? {
        schema: inferred?.schema,
        isPending: pending,
        problem: inferred?.error
          ? `${inferred.error.line ? `Line ${inferred.error.line}: ` : ""}${inferred.error.message}`
          : null,
      }
    : value.type === "script"
      ? { schema: script.data?.schema, isPending: script.isPending, problem: script.error?.message ?? null }
      : value.type === "flow"
        ? { schema: flow.data?.schema, isPending: flow.isPending, problem: flow.error?.message ?? null }
        : { schema: null, isPending: false, problem: null };
  const { schema } = found;
  useEffect(() => {
    if (schema) editor.learnSchema(id, schema);
  }, [editor, id, schema]);
  return found;
}
