import type { LucideIcon } from "lucide-react";

type NamedRowProps = { icon: LucideIcon; name: string; summary?: string | null; onOpen: () => void };

/** A folder or a group in its list: opens it. */
export function NamedRow({ icon: Icon, name, summary, onOpen }: NamedRowProps) {
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex items-center gap-2.5 rounded text-left hover:text-accent-text"
    >
      <Icon className="size-4 shrink-0 text-faint" aria-hidden />
      <span>
        <span className="block font-medium">{name}</span>
        {summary && <span className="block text-xs text-muted">{summary}</span>}
      </span>
    </button>
  );
}
