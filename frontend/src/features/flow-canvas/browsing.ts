import { type KeyboardEvent, useState } from "react";
import { stepBesideIn } from "@/flow-graph/reading-order";
import type { FlowValue } from "@/flow-graph/types";

/** A canvas to look around in and change nothing: boxes fold, arrow keys lead from step to step. */
export function useBrowsing(
  value: FlowValue,
  selected: string,
  onSelect: (id: string) => void,
  foldedAtFirst: () => Iterable<string>,
) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(() => new Set(foldedAtFirst()));
  return {
    collapsed,
    onSelect,
    onToggle: (id: string) =>
      setCollapsed((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    onKey: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      onSelect(stepBesideIn(value, selected, by, collapsed, { groups: false }));
    },
    description: "Arrow keys choose a step.",
  };
}
