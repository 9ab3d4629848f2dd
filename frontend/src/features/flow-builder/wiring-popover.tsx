import { FlaskConical, Plug, X } from "lucide-react";
import { useMemo, useRef } from "react";
import type { Available } from "@/flow-graph/available";
import { INPUT_NODE } from "@/flow-graph/layout";
import { stepIds } from "@/flow-graph/walk";
import { sourcesAt } from "@/flow-graph/wiring";
import { Button } from "@/ui/button";
import { Popover, PopoverAnchor, PopoverContent } from "@/ui/popover";
import { useDraft, useEditorState, useFlowEditor } from "./editor";
import { ValueRow } from "./value-tree";

/** What the boxes of the graph offer to the input that is being connected; null while none is. */
export function useSources(): ReadonlyMap<string, Available[]> | null {
  const draft = useDraft();
  const recorded = useEditorState((state) => state.recorded);
  const step = useEditorState((state) => state.wiring?.step ?? null);
  return useMemo(() => (step === null ? null : sourcesAt(draft, step, recorded)), [draft, step, recorded]);
}

/** Says above the graph what is being chosen, and ends it. */
export function WiringBanner({ count }: { count: number }) {
  const editor = useFlowEditor();
  const wiring = useEditorState((state) => state.wiring);
  if (!wiring) return null;
  return (
    <div
      role="status"
      className="pointer-events-none absolute inset-x-14 bottom-4 z-10 mx-auto flex w-fit items-center gap-2 rounded-lg border border-accent bg-accent-soft py-1 pr-1 pl-3 text-xs shadow-card"
    >
      <Plug className="size-3.5 shrink-0 text-accent-text" aria-hidden />
      <span className="min-w-0">
        {count > 0 ? (
          <>
            Click a highlighted box to take <b className="font-semibold">{wiring.label}</b> from it
          </>
        ) : (
          "Nothing runs before this step, and the flow has no input"
        )}
      </span>
      <Button
        variant="ghost"
        size="icon-sm"
        className="pointer-events-auto size-6"
        aria-label="Stop connecting"
        onClick={() => editor.wire(null)}
      >
        <X />
      </Button>
    </div>
  );
}

/** The value of the box that was pointed at; a click on a part of it connects the input. */
export function WiringPopover({
  sources,
  onTestUpTo,
}: {
  sources: ReadonlyMap<string, Available[]> | null;
  onTestUpTo: (id: string) => void;
}) {
  const editor = useFlowEditor();
  const draft = useDraft();
  const wiring = useEditorState((state) => state.wiring);
  const anchor = useRef<Element | null>(null);
  const at = wiring?.at ?? null;
  const items = (at !== null && sources?.get(at)) || [];
  if (at !== null) {
    anchor.current = document.querySelector(
      `[data-flow-canvas] .react-flow__node[data-id="${CSS.escape(at)}"]`,
    );
  }
  const isUnknown = items.length > 0 && items.every((item) => !item.hasValue);
  const canTest = at !== null && stepIds(draft.value).has(at);
  const end = () => {
    const trigger = wiring?.trigger;
    editor.wire(null);
    trigger?.focus();
  };
  return (
    <Popover open={at !== null} onOpenChange={(open) => !open && editor.pointAt(null)}>
      <PopoverAnchor virtualRef={anchor as React.RefObject<Element>} />
      <PopoverContent
        side="right"
        align="start"
        aria-label={at === INPUT_NODE ? "Input of the flow" : `Value of ${at}`}
        className="w-80 p-0"
        onEscapeKeyDown={(event) => {
          event.preventDefault();
          end();
        }}
        onCloseAutoFocus={(event) => event.preventDefault()}
      >
        <ul className="thin-scroll max-h-80 overflow-y-auto p-1.5">
          {items.map((item) => (
            <ValueRow
              key={item.expr}
              row={item}
              depth={0}
              isOpen={items.length === 1}
              onPick={(expr) => {
                wiring?.pick(expr);
                end();
              }}
            />
          ))}
        </ul>
        {isUnknown && canTest && (
          <div className="flex items-center gap-2 border-t border-line px-3 py-2 text-2xs text-muted">
            <span className="min-w-0 flex-1">It has no value yet. A test shows what is in it.</span>
            <Button
              size="sm"
              onClick={() => {
                editor.wire(null);
                if (at !== null) onTestUpTo(at);
              }}
            >
              <FlaskConical /> Test
            </Button>
          </div>
        )}
      </PopoverContent>
    </Popover>
  );
}
