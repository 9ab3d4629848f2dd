import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { type Available, membersOf } from "@/flow-graph/available";
import { shortValue } from "@/flow-graph/short-value";
import { cn } from "@/ui/cn";

type RowProps = {
  row: Available;
  depth: number;
  onPick: (expr: string) => void;
  isOpen?: boolean;
};

/** Something that can be taken, with its members to open; a click takes it. */
export function ValueRow({ row, depth, onPick, isOpen = false }: RowProps) {
  const [open, setOpen] = useState(isOpen);
  const members = membersOf(row);
  return (
    <li>
      <div className="flex items-center rounded-md hover:bg-hover" style={{ paddingLeft: depth * 14 }}>
        {members.length > 0 ? (
          <button
            type="button"
            aria-expanded={open}
            aria-label={`${open ? "Close" : "Open"} ${row.label}`}
            onClick={() => setOpen(!open)}
            className="flex size-6 shrink-0 items-center justify-center rounded text-faint hover:text-text"
          >
            <ChevronRight className={cn("size-3 transition-transform", open && "rotate-90")} aria-hidden />
          </button>
        ) : (
          <span className="w-6 shrink-0" />
        )}
        <button
          type="button"
          onClick={() => onPick(row.expr)}
          title={row.expr}
          className="flex min-w-0 flex-1 items-baseline gap-2 rounded-md py-1 pr-2 text-left text-xs"
        >
          <span className={cn("max-w-[55%] shrink-0 truncate", depth > 0 && "font-mono")}>{row.label}</span>
          {row.detail && <span className="shrink-0 font-mono text-2xs text-faint">{row.detail}</span>}
          {row.hasValue && (
            <span className="min-w-0 flex-1 truncate text-right font-mono text-2xs text-success">
              {shortValue(row.value, 60)}
            </span>
          )}
        </button>
      </div>
      {open && (
        <ul>
          {members.map((member) => (
            <ValueRow key={member.expr} row={member} depth={depth + 1} onPick={onPick} />
          ))}
        </ul>
      )}
    </li>
  );
}
