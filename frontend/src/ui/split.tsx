import { type ReactNode, useCallback, useRef, useState } from "react";
import { cn } from "./cn";

type SplitProps = {
  first: ReactNode;
  second: ReactNode;
  /** Share of the first pane in percent, remembered under `name`. */
  initial: number;
  name: string;
  direction?: "row" | "column";
  className?: string;
};

/** Two panes with a bar between them that can be dragged or moved with the arrow keys. */
export function Split({ first, second, initial, name, direction = "row", className }: SplitProps) {
  const key = `postmill.split.${name}`;
  const [share, setShare] = useState(() => Number(localStorage.getItem(key)) || initial);
  const frame = useRef<HTMLDivElement>(null);
  const row = direction === "row";
  const move = useCallback(
    (next: number) => {
      const bounded = Math.min(85, Math.max(15, next));
      setShare(bounded);
      localStorage.setItem(key, String(Math.round(bounded)));
    },
    [key],
  );
  return (
    <div ref={frame} className={cn("flex min-h-0 min-w-0", row ? "flex-row" : "flex-col", className)}>
      <div className="flex min-h-0 min-w-0 flex-col overflow-hidden" style={{ flex: `${share} 1 0%` }}>
        {first}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a movable separator is not a horizontal rule */}
      <div
        role="separator"
        tabIndex={0}
        aria-label="Resize"
        aria-valuenow={Math.round(share)}
        aria-orientation={row ? "vertical" : "horizontal"}
        onKeyDown={(event) => {
          if (event.key === (row ? "ArrowLeft" : "ArrowUp")) move(share - 3);
          if (event.key === (row ? "ArrowRight" : "ArrowDown")) move(share + 3);
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId) || !frame.current) return;
          const box = frame.current.getBoundingClientRect();
          move(
            row
              ? ((event.clientX - box.left) / box.width) * 100
              : ((event.clientY - box.top) / box.height) * 100,
          );
        }}
        className={cn(
          "relative shrink-0 touch-none bg-line transition-colors hover:bg-accent/60 focus-visible:bg-accent",
          row
            ? "w-px cursor-col-resize after:absolute after:inset-y-0 after:-inset-x-1"
            : "h-px cursor-row-resize after:absolute after:inset-x-0 after:-inset-y-1",
        )}
      />
      <div className="flex min-h-0 min-w-0 flex-col overflow-hidden" style={{ flex: `${100 - share} 1 0%` }}>
        {second}
      </div>
    </div>
  );
}
