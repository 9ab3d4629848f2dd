import { useReactFlow, useStore } from "@xyflow/react";
import { memo, type PointerEvent, useMemo } from "react";
import type { BoxNode } from "./nodes";
import { STATE_COLOUR } from "./run-look";

const MOST = { width: 150, height: 190 };
const SCALE = 0.14;
const LEAST = 28;

/** What is drawn, and the place that it takes. */
function extent(boxes: readonly BoxNode[]) {
  const steps = boxes.filter((box) => box.type !== "flow-frame" && box.type !== "flow-join");
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { position, width = 0, height = 0 } of steps) {
    left = Math.min(left, position.x);
    top = Math.min(top, position.y);
    right = Math.max(right, position.x + width);
    bottom = Math.max(bottom, position.y + height);
  }
  return { steps, left, top, width: right - left, height: bottom - top };
}

/** The whole flow in small. Long flows are pressed together, so that their steps stay in sight as lines. */
export const Overview = memo(function Overview({
  boxes,
  selected,
}: {
  boxes: readonly BoxNode[];
  selected: string;
}) {
  const flow = useReactFlow();
  const x = useStore((state) => Math.round(state.transform[0]));
  const y = useStore((state) => Math.round(state.transform[1]));
  const zoom = useStore((state) => state.transform[2]);
  const pane = useStore((state) => state.width);
  const tall = useStore((state) => state.height);
  const { steps, left, top, width, height } = useMemo(() => extent(boxes), [boxes]);
  if (steps.length === 0) return null;
  const sx = Math.min(SCALE, MOST.width / width);
  const sy = Math.min(SCALE, MOST.height / height);
  const size = { width: Math.max(LEAST, width * sx), height: Math.max(LEAST, height * sy) };
  const go = (event: PointerEvent<SVGSVGElement>) => {
    const place = event.currentTarget.getBoundingClientRect();
    void flow.setCenter(left + (event.clientX - place.left) / sx, top + (event.clientY - place.top) / sy, {
      zoom,
    });
  };
  const shown = {
    x: Math.max(0, (-x / zoom - left) * sx),
    y: Math.max(0, (-y / zoom - top) * sy),
    right: Math.min(size.width, ((pane - x) / zoom - left) * sx),
    bottom: Math.min(size.height, ((tall - y) / zoom - top) * sy),
  };
  return (
    <div className="nopan nodrag absolute bottom-7 right-3 z-5 rounded-lg border border-line bg-surface/95 p-2 shadow-card max-sm:hidden">
      <svg
        role="img"
        aria-label="Overview"
        width={size.width}
        height={size.height}
        className="block cursor-pointer touch-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={(event) => event.buttons === 1 && go(event)}
      >
        <Marks boxes={steps} selected={selected} left={left} top={top} sx={sx} sy={sy} />
        <rect
          x={shown.x}
          y={shown.y}
          width={Math.max(2, shown.right - shown.x)}
          height={Math.max(3, shown.bottom - shown.y)}
          rx={2}
          fill="var(--accent)"
          fillOpacity={0.12}
          stroke="var(--accent)"
          strokeOpacity={0.7}
        />
      </svg>
    </div>
  );
});

type MarksProps = {
  boxes: readonly BoxNode[];
  selected: string;
  left: number;
  top: number;
  sx: number;
  sy: number;
};

/** One path per colour: a thousand steps are a handful of elements. */
const Marks = memo(
  function Marks({ boxes, selected, left, top, sx, sy }: MarksProps) {
    const paths = new Map<string, string>();
    for (const box of boxes) {
      const state = box.data.run?.state ?? "";
      const colour = box.id === selected ? "var(--accent)" : (STATE_COLOUR[state] ?? "var(--line-strong)");
      const height = Math.max(box.id === selected || state === "failure" ? 2 : 0.4, (box.height ?? 0) * sy);
      const [x, y] = [(box.position.x - left) * sx, (box.position.y - top) * sy];
      const line = `M${x.toFixed(1)} ${y.toFixed(1)}h${((box.width ?? 0) * sx).toFixed(1)}v${height.toFixed(2)}H${x.toFixed(1)}z`;
      paths.set(colour, (paths.get(colour) ?? "") + line);
    }
    return [...paths].map(([colour, path]) => <path key={colour} d={path} fill={colour} />);
  },
  (before, after) =>
    before.selected === after.selected &&
    before.left === after.left &&
    before.top === after.top &&
    before.sx === after.sx &&
    before.sy === after.sy &&
    before.boxes.length === after.boxes.length &&
    before.boxes.every((box, index) => box === after.boxes[index]),
);
