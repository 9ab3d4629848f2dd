import { Copy, CopyPlus, Layers, Trash2, X } from "lucide-react";
import { Button } from "@/ui/button";
import { tellError } from "@/ui/toast";
import { copyMarked, deleteMarked, duplicateMarked, groupMarked } from "./commands";
import { useFlowEditor } from "./editor";

/** What can be done with steps that are marked together. */
export function MarkedBar({ count }: { count: number }) {
  const editor = useFlowEditor();
  return (
    <div
      role="toolbar"
      aria-label="Marked steps"
      className="absolute bottom-4 left-1/2 z-10 flex -translate-x-1/2 items-center gap-1 rounded-lg border border-line bg-surface p-1 pl-3 text-sm shadow-card"
    >
      <span className="whitespace-nowrap pr-1 text-muted tabular-nums" role="status">
        {count === 1 ? "1 step" : `${count} steps`}
      </span>
      <Button size="sm" variant="primary" onClick={() => groupMarked(editor)} title="Group (G)">
        <Layers /> Group
      </Button>
      <Button
        size="icon-sm"
        variant="ghost"
        aria-label="Duplicate the marked steps"
        title="Duplicate (D)"
        onClick={() => duplicateMarked(editor)}
      >
        <CopyPlus />
      </Button>
      <Button
        size="icon-sm"
        variant="ghost"
        aria-label="Copy the marked steps"
        title="Copy (Ctrl+C)"
        onClick={() => void copyMarked(editor).catch(tellError)}
      >
        <Copy />
      </Button>
      <Button
        size="icon-sm"
        variant="ghost"
        aria-label="Delete the marked steps"
        title="Delete (Del)"
        onClick={() => deleteMarked(editor)}
      >
        <Trash2 />
      </Button>
      <Button
        size="icon-sm"
        variant="ghost"
        aria-label="Unmark"
        title="Unmark (Esc)"
        onClick={() => editor.select(editor.get().selected)}
      >
        <X />
      </Button>
    </div>
  );
}
