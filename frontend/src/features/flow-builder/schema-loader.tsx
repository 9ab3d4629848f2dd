import { useQueries } from "@tanstack/react-query";
import { useEffect } from "react";
import type { InferredSchema, Schema, Script } from "@/api/types";
import { type Flow, flowQuery } from "@/features/flows/flows";
import { inferSchema, scriptQuery } from "@/features/scripts/scripts";
import { useRested } from "@/features/scripts/use-inference";
import { useWorkspace } from "@/features/session/session";
import type { FlowModule } from "@/flow-graph/types";
import { walk } from "@/flow-graph/walk";
import { useDraft, useFlowEditor } from "./editor";

// Beyond this the schemas of steps are read when the steps are opened.
const AT_ONCE = 60;

function needsSchema({ value }: FlowModule): boolean {
  return (
    (value.type === "rawscript" && value.content.trim() !== "") ||
    ((value.type === "script" || value.type === "flow") && value.path !== "")
  );
}

/** The same for steps that take the same. */
function keyOf({ value }: FlowModule): string {
  return value.type === "rawscript"
    ? `${value.language}:${value.content}`
    : `${value.type}:${"path" in value ? value.path : ""}`;
}

/** Learns what the steps of a flow of ordinary size take, so that wiring is checked before they are opened. */
export function SchemaLoader() {
  const workspace = useWorkspace();
  const editor = useFlowEditor();
  const { value } = useDraft();
  const rested = useRested(value, 800);
  const modules = [...walk(rested)]
    .map((visit) => visit.module)
    .filter(needsSchema)
    .slice(0, AT_ONCE);
  // Several steps may run the same code: it is asked for once.
  const asked = new Map(modules.map((module) => [keyOf(module), module]));
  const found = useQueries({
    queries: [...asked.values()].map((module) => {
      const { value: step } = module;
      if (step.type === "script") return { ...scriptQuery(workspace, step.path), staleTime: 60_000 };
      if (step.type === "flow") return { ...flowQuery(workspace, step.path), staleTime: 60_000 };
      const { language, content: code } = step as Extract<typeof step, { type: "rawscript" }>;
      return {
        queryKey: ["w", workspace, "infer", language, code],
        queryFn: () => inferSchema(workspace, { language, code }),
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
      };
    }) as never,
    combine: (results: { data?: unknown }[]) => results.map((result) => result.data),
  }) as (InferredSchema | Script | Flow | undefined)[];
  useEffect(() => {
    const schemas = new Map([...asked.keys()].map((key, index) => [key, found[index]?.schema]));
    for (const module of modules) {
      const schema = schemas.get(keyOf(module)) as Schema | null | undefined;
      if (schema) editor.learnSchema(module.id, schema);
    }
  });
  return null;
}
