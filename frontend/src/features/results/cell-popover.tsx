import { Copy, Route } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { copyText } from "@/ui/copy";
import { Popover, PopoverAnchor, PopoverContent } from "@/ui/popover";
import { tellDone } from "@/ui/toast";
import { JsonTree } from "./tree";

type Picked = { value: unknown; path: string | null; cell: HTMLElement };

/** The cell of a table that was clicked, with its whole value. A click that ends a selection of text picks nothing. */
export function usePickedCell() {
  const [picked, setPicked] = useState<Picked | null>(null);
  const pick = (cell: HTMLElement, value: unknown, path: string | null) => {
    const onLink = document.activeElement?.closest("a") && cell.contains(document.activeElement);
    if (onLink || window.getSelection()?.toString()) return;
    setPicked({ value, path, cell });
  };
  return { picked, pick, leave: () => setPicked(null) };
}

function Whole({ value, path }: { value: unknown; path: string | null }) {
  if (typeof value === "object" && value !== null) return <JsonTree value={value} root={path ?? "value"} />;
  return (
    <p className="whitespace-pre-wrap break-words font-mono text-xs leading-5">
      {value === null || value === undefined ? "null" : String(value)}
    </p>
  );
}

/** A value that a table has no room for, to be read and taken along: itself, or the way to it. */
export function CellPopover({ picked, onClose }: { picked: Picked | null; onClose: () => void }) {
  if (!picked) return null;
  const { value, path, cell } = picked;
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "null");
  return (
    <Popover open onOpenChange={(open) => !open && onClose()}>
      <PopoverAnchor virtualRef={{ current: cell }} />
      <PopoverContent align="start" aria-label="Value of the cell" className="w-96 max-w-[90vw] p-0">
        <div className="thin-scroll max-h-72 overflow-auto px-3 py-2.5">
          <Whole value={value} path={path} />
        </div>
        <div className="flex items-center gap-1 border-t border-line px-2 py-1.5">
          {path && <span className="min-w-0 flex-1 truncate px-1 font-mono text-2xs text-muted">{path}</span>}
          <Button
            size="sm"
            variant="ghost"
            className="ml-auto"
            onClick={() => void copyText(text).then(() => tellDone("Value copied"))}
          >
            <Copy /> Value
          </Button>
          {path && (
            <Button
              size="sm"
              variant="ghost"
              onClick={() => void copyText(path).then(() => tellDone("Path copied", path))}
            >
              <Route /> Path
            </Button>
          )}
        </div>
      </PopoverContent>
    </Popover>
  );
}
