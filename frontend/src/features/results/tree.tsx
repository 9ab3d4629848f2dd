import { Check, ChevronRight, Copy, Route } from "lucide-react";
import { type ReactNode, useState } from "react";
import { inWords, isSealed, SealedBadge } from "@/features/jobs/sealed";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { copyText } from "@/ui/copy";

const STEP = 100;

/** `result.items[0]["odd name"]`: the way to a value, as code writes it. */
export function pathTo(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${parent}.${key}` : `${parent}[${JSON.stringify(key)}]`;
}

function CopyOne({ text, label, icon }: { text: () => string; label: string; icon: ReactNode }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      onClick={() =>
        void copyText(text()).then(() => {
          setDone(true);
          setTimeout(() => setDone(false), 1200);
        })
      }
      className="rounded p-0.5 text-faint hover:bg-hover hover:text-text [&>svg]:size-3"
    >
      {done ? <Check className="text-success" /> : icon}
    </button>
  );
}

/** The two ways to take something along: the value, and the way to it. */
function CopyBoth({ path, value }: { path: string; value: unknown }) {
  const asText = () =>
    typeof value === "string" ? value : (JSON.stringify(inWords(value), null, 2) ?? "null");
  return (
    <span className="ml-1.5 inline-flex gap-0.5 align-middle opacity-0 focus-within:opacity-100 group-hover/node:opacity-100">
      <CopyOne text={asText} label={`Copy the value of ${path}`} icon={<Copy />} />
      <CopyOne text={() => path} label={`Copy the path ${path}`} icon={<Route />} />
    </span>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (isSealed(value)) return <SealedBadge />;
  if (value === null || value === undefined) return <span className="text-faint">null</span>;
  if (typeof value === "string")
    return <span className="whitespace-pre-wrap break-words text-success">"{value}"</span>;
  if (typeof value === "number") return <span className="text-accent-text">{String(value)}</span>;
  if (typeof value === "boolean") return <span className="text-warning">{String(value)}</span>;
  return <span>{String(value)}</span>;
}

type NodeProps = { name: string | null; path: string; value: unknown; depth: number };

function Node({ name, path, value, depth }: NodeProps) {
  const nested = typeof value === "object" && value !== null;
  const [open, setOpen] = useState(depth < 2);
  const [shown, setShown] = useState(STEP);
  const label = name === null ? null : <span className="whitespace-pre text-muted">{name}: </span>;
  if (!nested || Object.keys(value).length === 0) {
    return (
      <div className="group/node py-px pl-4">
        {label}
        {nested ? (
          <span className="text-faint">{Array.isArray(value) ? "[]" : "{}"}</span>
        ) : (
          <Leaf value={value} />
        )}
        {!isSealed(value) && <CopyBoth path={path} value={value} />}
      </div>
    );
  }
  const isList = Array.isArray(value);
  const entries: [string, unknown][] = isList
    ? value.slice(0, shown).map((item, index) => [String(index), item])
    : Object.entries(value).slice(0, shown);
  const count = isList ? value.length : Object.keys(value).length;
  const summary = isList ? `[${count}]` : `{${count}}`;
  return (
    <div>
      <div className="group/node flex items-center">
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
        <CopyBoth path={path} value={value} />
      </div>
      {open && (
        <div className="ml-1.5 border-l border-line pl-2.5">
          {entries.map(([key, item]) => (
            <Node
              key={key}
              name={key}
              path={pathTo(path, isList ? Number(key) : key)}
              value={item}
              depth={depth + 1}
            />
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

/** A JSON value that can be opened level by level; every part can be copied, and the way to it. */
export function JsonTree({ value, root = "result" }: { value: unknown; root?: string }) {
  return (
    <div className="thin-scroll overflow-x-auto font-mono text-xs leading-5">
      <Node name={null} path={root} value={value} depth={0} />
    </div>
  );
}
