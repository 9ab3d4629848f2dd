import { useMemo } from "react";
import { useBrowsing } from "@/features/flow-canvas/browsing";
import { FlowCanvas } from "@/features/flow-canvas/canvas";
import { collectRuns, type FlowStatus, withCanceled } from "@/flow-graph/status";
import type { FlowValue } from "@/flow-graph/types";
import { findModule, isContainer, stepTitle, walk } from "@/flow-graph/walk";

type Props = {
  flow: FlowValue;
  status: FlowStatus | null;
  /** The run as a whole was canceled. */
  canceled: boolean;
  /** Somebody is waited for, maybe inside a folded step. */
  waits: boolean;
  selected: string | null;
  onSelect: (step: { id: string; title: string; job: string | null }) => void;
};

/** The graph of a shared run: the states of the flow's own steps; loops and branches are folded. */
export default function SharedGraph({ flow, status, canceled, waits, selected, onSelect }: Props) {
  const runs = useMemo(() => {
    const { runs: all } = collectRuns(flow, status, new Map(), {});
    const found = withCanceled(all, new Map(), { type: "CompletedJob", canceled });
    if (!waits) return found;
    return new Map(
      [...found].map(([id, run]) => [id, run.state === "running" ? { ...run, state: "suspended" } : run]),
    ) as typeof found;
  }, [flow, status, canceled, waits]);
  const choose = (id: string) => {
    const module = findModule(flow, id);
    if (!module) return;
    const job = isContainer(module.value) ? null : (runs.get(id)?.job ?? null);
    onSelect({ id, title: stepTitle(module), job });
  };
  const browsing = useBrowsing(flow, selected ?? "", choose, () =>
    [...walk(flow)].filter(({ module }) => isContainer(module.value)).map(({ module }) => module.id),
  );
  return (
    <div className="flex h-[46vh] min-h-72 flex-col">
      <FlowCanvas value={flow} selected={selected ?? ""} runs={runs} isRun {...browsing} />
    </div>
  );
}
