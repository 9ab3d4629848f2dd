import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { Area } from "@/flow-graph/groups";
import { cn } from "@/ui/cn";
import { noteColour } from "./notes";

export type AreaNode = Node<{ area: Area }, "area">;

export function areaNodes(areas: readonly Area[]): AreaNode[] {
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
    data: { area },
  }));
}

/** The steps of a group, drawn behind them under the group's name. */
export const AreaBox = memo(function AreaBox({ data }: NodeProps<AreaNode>) {
  const { title, color } = data.area;
  return (
    <div className={cn("h-full w-full rounded-xl border", noteColour(color))}>
      {title && (
        <p className="truncate px-3 pt-0.5 text-2xs font-medium" title={title}>
          {title}
        </p>
      )}
    </div>
  );
});
