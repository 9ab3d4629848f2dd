import type { Args } from "@/api/types";
import { JsonTree } from "@/features/results/tree";
import { Badge } from "@/ui/badge";
import { bytes } from "@/ui/time";
import { isSealed, SealedBadge } from "./sealed";

function ArgumentValue({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-faint">null</span>;
  if (isSealed(value)) return <SealedBadge />;
  if (typeof value === "string") {
    const reference = /^\$(var|res):(.+)$/.exec(value);
    if (reference)
      return (
        <Badge tone="accent" className="font-mono">
          {value}
        </Badge>
      );
    if (value.length > 400) {
      return (
        <details>
          <summary className="text-muted">{bytes(value.length)} of text</summary>
          <span className="break-all font-mono text-xs">{value.slice(0, 20_000)}</span>
        </details>
      );
    }
    return <span className="whitespace-pre-wrap break-words">{value}</span>;
  }
  if (typeof value === "object") return <JsonTree value={value} />;
  return <span className="tabular-nums">{String(value)}</span>;
}

/** The inputs of a run, by name. */
export function Arguments({ args }: { args: Args | null | undefined }) {
  const entries = Object.entries(args ?? {});
  if (entries.length === 0) return <p className="px-4 py-3 text-sm text-muted">No inputs.</p>;
  return (
    <dl className="divide-y divide-line">
      {entries.map(([name, value]) => (
        <div key={name} className="grid grid-cols-[minmax(80px,35%)_1fr] gap-3 px-4 py-2 text-sm">
          <dt className="truncate font-mono text-xs leading-5 text-muted" title={name}>
            {name}
          </dt>
          <dd className="min-w-0">
            <ArgumentValue value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
