import type { Node, NodeProps } from "@xyflow/react";
import { ChevronsDownUp, StickyNote } from "lucide-react";
import { memo } from "react";
import type { Area } from "@/flow-graph/areas";
import { cn } from "@/ui/cn";
import { useCanvas } from "./actions";
import { noteColour } from "./notes";

export type AreaNode = Node<{ area: Area; isSelected: boolean }, "area">;

export function areaNodes(areas: readonly Area[], selected: string): AreaNode[] {
  return areas.map((area) => ({
    id: area.id,
    type: "area",
    position: { x: area.x, y: area.y },
    width: area.width,
    height: area.height,
    draggable: false,
    selectable: false,
    focusable: false,
    zIndex: -2,
    style: { pointerEvents: "none" },
    data: { area, isSelected: area.id === selected },
  }));
}

/** The steps of a group, drawn behind them under the group's name. */
export const AreaBox = memo(function AreaBox({ data }: NodeProps<AreaNode>) {
  const { id, title, color, note, isGroup } = data.area;
  const canvas = useCanvas();
  return (
    <div
      className={cn(
        "h-full w-full rounded-xl border",
        noteColour(color),
        data.isSelected && "!border-accent ring-2 ring-accent/25",
      )}
    >
      {isGroup && (
        <div className="nodrag nopan pointer-events-auto flex w-fit max-w-[46%] items-center gap-1 pl-1.5 pt-0.5 text-2xs">
          <button
            type="button"
            tabIndex={-1}
            onClick={() => canvas.onSelect(id)}
            aria-pressed={data.isSelected}
            aria-label={`Group ${title}`}
            title={note || title}
            className="flex min-w-0 items-center gap-1 rounded px-1.5 font-medium hover:bg-hover"
          >
            <span className="truncate">{title}</span>
            {note && <StickyNote className="size-3 shrink-0 text-faint" aria-hidden />}
          </button>
          <button
            type="button"
            tabIndex={-1}
            onClick={() => canvas.onToggle(id)}
            aria-label={`Collapse ${title}`}
            title="Collapse the group"
            className="shrink-0 rounded p-0.5 text-muted hover:bg-hover hover:text-text"
          >
            <ChevronsDownUp className="size-3" aria-hidden />
          </button>
        </div>
      )}
    </div>
  );
});
