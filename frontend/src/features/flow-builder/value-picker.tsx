import { Plug, Search } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { type Available, availableAt } from "@/flow-graph/available";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { useDraft, useEditorState, useFlowEditor } from "./editor";
import { ValueRow } from "./value-tree";

function fits(item: Available, words: string): boolean {
  const text = `${item.label} ${item.detail ?? ""} ${item.expr}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const inGraph = (target: EventTarget | null) =>
  target instanceof Element && target.closest("[data-flow-canvas]") !== null;

type Props = {
  step: string;
  /** What the button says to those who hear it. */
  label: string;
  /** What the value is for, as the graph says it. */
  name: string;
  onPick: (expr: string) => void;
  className?: string;
};

/**
 * Connects an input: while its list of values is open, the graph shows the steps that can be used, and a click on one
 * opens its value there.
 */
export function ValuePicker({ step, label, name, onPick, className }: Props) {
  const editor = useFlowEditor();
  const key = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const isWired = useEditorState((state) => state.wiring?.key === key);
  const isListed = useEditorState((state) => state.wiring?.key === key && state.wiring.list);
  useEffect(
    () => () => {
      if (editor.get().wiring?.key === key) editor.wire(null);
    },
    [editor, key],
  );
  const begin = () =>
    editor.wire({
      key,
      step,
      label: name,
      list: true,
      at: null,
      trigger: trigger.current,
      pick: (expr) => pick.current(expr),
    });
  const take = (expr: string) => {
    pick.current(expr);
    editor.wire(null);
  };
  return (
    <Popover open={isListed} onOpenChange={(open) => (open ? begin() : editor.wire(null))}>
      <PopoverTrigger asChild>
        <Button
          ref={trigger}
          variant="ghost"
          size="icon-sm"
          className={cn("size-6", isWired && "bg-accent-soft text-accent-text", className)}
          aria-label={label}
          title="Connect: take a value from an earlier step"
        >
          <Plug />
        </Button>
      </PopoverTrigger>
      <PopoverContent
        align="end"
        aria-label={`Values for ${name}`}
        className="w-96 p-0"
        // The graph stays usable: pointing at it is the other way to choose.
        onInteractOutside={(event) => {
          if (inGraph(event.detail.originalEvent.target)) event.preventDefault();
        }}
        onCloseAutoFocus={(event) => {
          if (editor.get().wiring?.key === key) event.preventDefault();
        }}
      >
        {isListed && <PickerBody step={step} onPick={take} />}
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
      {groups.length > 0 && (
        <p className="border-t border-line px-3 py-2 text-2xs text-muted">
          {nothingRecorded
            ? "Test the flow once to see and open the values here. "
            : "Or click a highlighted step of the graph. "}
        </p>
      )}
    </div>
  );
}
