import { useMemo, useState } from "react";
import { StepIcon } from "@/features/flow-canvas/step-look";
import { findInFlow } from "@/flow-graph/find";
import { findModule } from "@/flow-graph/walk";
import { cn } from "@/ui/cn";
import { Dialog } from "@/ui/dialog";
import { SearchInput } from "@/ui/input";
import { useDraft, useFlowEditor } from "./editor";

/** Search in names, code, values and expressions of the flow; a hit opens its step. */
export function FindDialog({ onClose }: { onClose: () => void }) {
  const editor = useFlowEditor();
  const { value } = useDraft();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(0);
  const hits = useMemo(() => findInFlow(value, words), [value, words]);
  const open = (index: number) => {
    const hit = hits[index];
    if (!hit) return;
    editor.select(hit.id);
    onClose();
  };
  return (
    <Dialog open onOpenChange={(shown) => !shown && onClose()} title="Find in the flow" width="560px">
      <div className="flex flex-col gap-3">
        <SearchInput
          label="Code, names, values, expressions"
          value={words}
          onValue={(next) => {
            setWords(next);
            setChosen(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
              event.preventDefault();
              const by = event.key === "ArrowDown" ? 1 : -1;
              setChosen(Math.max(0, Math.min(hits.length - 1, chosen + by)));
            } else if (event.key === "Enter") open(chosen);
          }}
        />
        <ul className="thin-scroll max-h-[50vh] overflow-y-auto">
          {hits.map((hit, index) => {
            const module = findModule(value, hit.id);
            return (
              <li key={`${hit.id}-${hit.where}-${index}`}>
                <button
                  type="button"
                  onClick={() => open(index)}
                  className={cn(
                    "flex w-full items-center gap-3 rounded-md px-2 py-1.5 text-left hover:bg-hover",
                    index === chosen && "bg-hover",
                  )}
                >
                  {module && <StepIcon module={module} />}
                  <span className="min-w-0 flex-1">
                    <span className="block truncate text-sm">{hit.title}</span>
                    <span className="block truncate font-mono text-2xs text-muted">{hit.excerpt}</span>
                  </span>
                  <span className="shrink-0 text-2xs text-faint">
                    {hit.id} · {hit.where}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
        {words && hits.length === 0 && (
          <p className="py-4 text-center text-sm text-muted">Nothing in this flow contains that.</p>
        )}
      </div>
    </Dialog>
  );
}
