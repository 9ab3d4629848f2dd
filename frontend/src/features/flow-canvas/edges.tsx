import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { Plus } from "lucide-react";
import { memo } from "react";
import type { Place } from "@/flow-graph/types";
import { cn } from "@/ui/cn";
import { useCanvas } from "./actions";

export type LineData = { place?: Place; toJoin: boolean; isTarget: boolean; isDone: boolean; label: string };
export type LineEdge = Edge<LineData>;

const HALF_GAP = 22;

/** A line between two boxes, with the place to put a step in between. */
const Line = memo(function Line(props: EdgeProps<LineEdge>) {
  const { sourceX, sourceY, targetX, targetY, data } = props;
  const canvas = useCanvas();
  const [path] = getSmoothStepPath({
    sourceX,
    sourceY,
    sourcePosition: props.sourcePosition,
    targetX,
    targetY,
    targetPosition: props.targetPosition,
    borderRadius: 12,
    // Lines of branches part right below their step and meet right above the join.
    centerY: data?.toJoin ? targetY - HALF_GAP / 2 : sourceY + HALF_GAP,
  });
  const place = data?.place;
  return (
    <>
      <BaseEdge
        path={path}
        interactionWidth={0}
        style={{
          stroke: data?.isTarget
            ? "var(--accent)"
            : data?.isDone
              ? "var(--success-solid)"
              : "var(--line-strong)",
          strokeWidth: data?.isTarget ? 3 : 1.5,
        }}
      />
      {place && canvas.onInsert && (
        <EdgeLabelRenderer>
          <button
            type="button"
            tabIndex={-1}
            onClick={() => canvas.onInsert?.(place)}
            aria-label={data.label}
            title="Add a step"
            className={cn(
              "nodrag nopan pointer-events-auto absolute flex size-5 items-center justify-center rounded-full border border-line-strong bg-surface text-faint transition-colors hover:border-accent hover:bg-accent hover:text-on-accent",
              data.isTarget && "border-accent bg-accent text-on-accent",
            )}
            style={{
              transform: `translate(-50%, -50%) translate(${data.toJoin ? sourceX : targetX}px, ${
                data.toJoin ? sourceY + HALF_GAP : targetY - HALF_GAP
              }px)`,
            }}
          >
            <Plus className="size-3" aria-hidden />
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

export const EDGE_TYPES = { line: Line };
