import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";

const STEP = 100;

function Leaf({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-faint">null</span>;
  if (typeof value === "string")
    return <span className="whitespace-pre-wrap break-words text-success">"{value}"</span>;
  if (typeof value === "number") return <span className="text-accent-text">{String(value)}</span>;
  if (typeof value === "boolean") return <span className="text-warning">{String(value)}</span>;
  return <span>{String(value)}</span>;
}

function Node({ name, value, depth }: { name: string | null; value: unknown; depth: number }) {
  const nested = typeof value === "object" && value !== null;
  const [open, setOpen] = useState(depth < 2);
  const [shown, setShown] = useState(STEP);
  const label = name === null ? null : <span className="text-muted">{name}: </span>;
  if (!nested) {
    return (
      <div className="py-px pl-4">
        {label}
        <Leaf value={value} />
      </div>
    );
  }
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.slice(0, shown).map((item, index) => [String(index), item])
    : Object.entries(value).slice(0, shown);
  const count = Array.isArray(value) ? value.length : Object.keys(value).length;
  const summary = Array.isArray(value) ? `[${count}]` : `{${count}}`;
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center rounded py-px pr-1 text-left hover:bg-hover"
      >
        <ChevronRight
          className={cn("mr-1 size-3 text-faint transition-transform", open && "rotate-90")}
          aria-hidden
        />
        {label}
        <span className="text-faint">{summary}</span>
      </button>
      {open && (
        <div className="ml-1.5 border-l border-line pl-2.5">
          {entries.map(([key, item]) => (
            <Node key={key} name={key} value={item} depth={depth + 1} />
          ))}
          {count > shown && (
            <Button variant="link" size="sm" onClick={() => setShown(shown + STEP * 5)}>
              {count - shown} more
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** A JSON value that can be opened level by level. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className="thin-scroll overflow-x-auto font-mono text-xs leading-5">
      <Node name={null} value={value} depth={0} />
    </div>
  );
}
