import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { memo, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import type { Span } from "./ansi";
import type { LogBuffer } from "./log-buffer";

// Readable on both backgrounds: the eight colours and their bright forms.
const COLOURS = [
  "text-muted",
  "text-red-700 dark:text-red-400",
  "text-green-700 dark:text-green-400",
  "text-amber-700 dark:text-amber-300",
  "text-blue-700 dark:text-blue-400",
  "text-fuchsia-700 dark:text-fuchsia-400",
  "text-cyan-700 dark:text-cyan-300",
  "text-text",
  "text-faint",
  "text-red-600 dark:text-red-300",
  "text-green-600 dark:text-green-300",
  "text-amber-600 dark:text-yellow-200",
  "text-blue-600 dark:text-blue-300",
  "text-fuchsia-600 dark:text-fuchsia-300",
  "text-cyan-600 dark:text-cyan-200",
  "text-text",
];
const BACKGROUNDS = [
  "bg-hover",
  "bg-red-500/25",
  "bg-green-500/25",
  "bg-amber-500/25",
  "bg-blue-500/25",
  "bg-fuchsia-500/25",
  "bg-cyan-500/25",
  "bg-line",
];

const Line = memo(function Line({ spans }: { spans: readonly Span[] }) {
  return spans.map((span, index) => (
    <span
      key={index}
      className={cn(
        typeof span.fg === "number" && COLOURS[span.fg],
        typeof span.bg === "number" && BACKGROUNDS[span.bg % 8],
        span.bold && "font-semibold",
        span.dim && "opacity-70",
        span.italic && "italic",
        span.underline && "underline",
      )}
      style={{
        color: typeof span.fg === "string" ? span.fg : undefined,
        backgroundColor: typeof span.bg === "string" ? span.bg : undefined,
      }}
    >
      {span.text}
    </span>
  ));
});

type LogViewProps = { log: LogBuffer; live: boolean; className?: string; empty?: string };

/**
 * A log of any length: only the lines in sight exist; while it grows the view stays at its end. `className` bounds its
 * height; with a `max-h` alone it is as high as its lines are.
 */
export function LogView({ log, live, className, empty }: LogViewProps) {
  const version = useSyncExternalStore(log.subscribe, log.snapshot);
  const frame = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const count = log.lines.length;
  const rows = useVirtualizer({
    count,
    getScrollElement: () => frame.current,
    estimateSize: () => 20,
    overscan: 30,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each version of the log scrolls on
  useEffect(() => {
    if (follow && live && count > 0) rows.scrollToIndex(count - 1, { align: "end" });
  }, [version, follow, live]);

  return (
    <div className={cn("relative flex min-h-0 flex-col", className)}>
      <div
        ref={frame}
        role="log"
        aria-label="Log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        onScroll={(event) => {
          const box = event.currentTarget;
          setFollow(box.scrollHeight - box.scrollTop - box.clientHeight < 40);
        }}
        className="thin-scroll min-h-0 flex-1 overflow-auto bg-sunken py-2 font-mono text-xs leading-5"
      >
        {count === 0 ? (
          <p className="px-4 py-2 font-sans text-sm text-muted">
            {empty ?? (live ? "Waiting for output…" : "No output.")}
          </p>
        ) : (
          <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((row) => (
              <div
                key={row.key}
                data-index={row.index}
                ref={rows.measureElement}
                className="absolute inset-x-0 top-0 flex px-4"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <span className="mr-4 w-8 shrink-0 select-none text-right text-faint/70">
                  {row.index + 1}
                </span>
                <span className="min-h-5 min-w-0 flex-1 whitespace-pre-wrap break-all">
                  <Line spans={log.lines[row.index] ?? []} />
                </span>
              </div>
            ))}
          </div>
        )}
      </div>
      {live && !follow && count > 0 && (
        <Button
          size="sm"
          className="absolute bottom-3 right-5 shadow-float"
          onClick={() => {
            setFollow(true);
            rows.scrollToIndex(count - 1, { align: "end" });
          }}
        >
          <ArrowDownToLine /> Follow
        </Button>
      )}
    </div>
  );
}
