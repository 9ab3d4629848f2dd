import { ChevronRight, Plug, Search } from "lucide-react";
import { useState } from "react";
import { type Available, availableAt } from "@/flow-graph/available";
import { memberOf } from "@/flow-graph/javascript";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { useDraft, useEditorState } from "./editor";
import { shortValue } from "./expression-field";

const SHOWN = 50;

type Row = { expr: string; label: string; detail?: string; value?: unknown; hasValue: boolean };

function membersOf(row: Row): Row[] {
  const { value } = row;
  if (!row.hasValue || typeof value !== "object" || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.slice(0, SHOWN).map((item, index) => [index, item])
    : Object.entries(value).slice(0, SHOWN);
  return entries.map(([name, member]) => ({
    expr: memberOf(row.expr, name),
    label: String(name),
    value: member,
    hasValue: true,
  }));
}

function ValueRow({ row, depth, onPick }: { row: Row; depth: number; onPick: (expr: string) => void }) {
  const [open, setOpen] = useState(false);
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

function fits(item: Available, words: string): boolean {
  const text = `${item.label} ${item.detail ?? ""} ${item.expr}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Everything that exists at this place of the flow, with recorded values; a click makes it the input. */
export function ValuePicker({
  step,
  label,
  onPick,
}: {
  step: string;
  label: string;
  onPick: (expr: string) => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button
          variant="ghost"
          size="icon-sm"
          className="size-6"
          aria-label={label}
          title="Take a value from an earlier step"
        >
          <Plug />
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="w-96 p-0">
        {open && (
          <PickerBody
            step={step}
            onPick={(expr) => {
              onPick(expr);
              setOpen(false);
            }}
          />
        )}
      </PopoverContent>
    </Popover>
  );
}

function PickerBody({ step, onPick }: { step: string; onPick: (expr: string) => void }) {
  const draft = useDraft();
  const recorded = useEditorState((state) => state.recorded);
  const [words, setWords] = useState("");
  const groups = availableAt(draft, step, recorded)
    .map((group) => ({ ...group, items: group.items.filter((item) => fits(item, words)).slice(0, 200) }))
    .filter((group) => group.items.length > 0);
  const nothingRecorded = recorded.args === null;
  return (
    <div className="flex max-h-[min(460px,70vh)] flex-col">
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search className="size-3.5 text-faint" aria-hidden />
        <input
          aria-label="Search values"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          placeholder="Search values"
          className="h-9 flex-1 bg-transparent text-sm outline-none"
        />
      </div>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto p-1.5">
        {groups.map((group) => (
          <section key={group.title} className="mb-1.5">
            <h4 className="px-2 py-1 text-2xs font-medium text-faint">{group.title}</h4>
            <ul>
              {group.items.map((item) => (
                <ValueRow key={item.expr} row={item} depth={0} onPick={onPick} />
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && (
          <p className="px-3 py-6 text-center text-xs text-muted">
            {words
              ? "Nothing of that name exists here."
              : "Nothing runs before this step, and the flow has no input."}
          </p>
        )}
      </div>
      {nothingRecorded && groups.length > 0 && (
        <p className="border-t border-line px-3 py-2 text-2xs text-muted">
          Test the flow once to see and open the values here.
        </p>
      )}
    </div>
  );
}
