import { ChevronsDownUp, Plus, Redo2, Search, StickyNote, Undo2 } from "lucide-react";
import { useCallback, useEffect, useMemo } from "react";
import { FlowCanvas } from "@/features/flow-canvas/canvas";
import { newNote } from "@/features/flow-canvas/notes";
import type { FlowRun } from "@/features/flow-run/use-flow-run";
import { addBranch, placeAfter } from "@/flow-graph/edit";
import { groupId, groupsOf, isGroupId } from "@/flow-graph/groups";
import { layoutFlow } from "@/flow-graph/layout";
import { idsIn } from "@/flow-graph/ranges";
import type { FlowNote, Place } from "@/flow-graph/types";
import { findModule, isContainer, walk } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { catchPaste } from "@/ui/copy";
import { tellError, tellNote } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import {
  addStep,
  copyMarked,
  cutMarked,
  deleteMarked,
  duplicateMarked,
  extendMarked,
  groupMarked,
  moveStep,
  pasteSteps,
  placeAfterChosen,
  shiftStep,
  stepAcross,
  stepBeside,
} from "./commands";
import { useDraft, useEditorState, useFlowEditor, useSelected } from "./editor";
import { FirstStepsOfFlow } from "./first-steps";
import { MarkedBar } from "./marked-bar";
import { useSources, WiringBanner, WiringPopover } from "./wiring-popover";

type Props = {
  run: FlowRun | null;
  problems: ReadonlyMap<string, "error" | "warning">;
  onInsert: (place: Place) => void;
  onFind: () => void;
  onTest: () => void;
  onTestUpTo: (id: string) => void;
  /** A box was clicked, maybe the one that is selected already. */
  onChosen: () => void;
  /** Enter on a box: the keyboard goes to its panel. */
  onOpen: () => void;
};

const KEYS =
  "Arrow keys choose a step, with Shift they mark several. Enter opens it, A adds a step after it, D duplicates, Delete removes, G groups, Alt with arrow up or down moves it, Ctrl C, X and V copy, cut and paste, C collapses, Ctrl F finds, Ctrl Z undoes.";

function isTyping(): boolean {
  const active = document.activeElement;
  return (
    active instanceof HTMLElement &&
    Boolean(active.closest("input, textarea, select, [contenteditable], .monaco-editor, [role=dialog]"))
  );
}

/** The graph of the flow that is edited, with its keys and tools. */
export function BuilderCanvas({
  run,
  problems,
  onInsert,
  onFind,
  onTest,
  onTestUpTo,
  onChosen,
  onOpen,
}: Props) {
  const editor = useFlowEditor();
  const { value, schema } = useDraft();
  const selected = useSelected();
  const collapsed = useEditorState((state) => state.collapsed);
  const canUndo = useEditorState((state) => state.history.past.length > 0);
  const canRedo = useEditorState((state) => state.history.future.length > 0);
  const inputs = Object.keys(schema?.properties ?? {}).length;
  const notes = useMemo(
    () => ({ input: inputs === 0 ? "No inputs" : `${inputs} input${inputs === 1 ? "" : "s"}` }),
    [inputs],
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const ctrl = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (ctrl && key === "f" && !document.activeElement?.closest(".monaco-editor")) {
        event.preventDefault();
        onFind();
        return;
      }
      if (isTyping()) return;
      if (ctrl && key === "z") {
        event.preventDefault();
        if (event.shiftKey) editor.redo();
        else editor.undo();
      } else if (ctrl && key === "y") {
        event.preventDefault();
        editor.redo();
      }
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping()) return;
      if (pasteSteps(editor, event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    document.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onKey);
      document.removeEventListener("paste", onPaste);
    };
  }, [editor, onFind]);

  const sources = useSources();
  const step = useEditorState((state) => state.wiring?.step ?? null);
  const wiring = useMemo(
    () => (sources && step !== null ? { sources: new Set(sources.keys()), step } : null),
    [sources, step],
  );
  const until = useEditorState((state) => state.until);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is marked follows from these three.
  const marked = useMemo(() => {
    const range = editor.marked();
    return range && new Set(idsIn(value, range));
  }, [editor, value, selected, until]);
  const onKey = (event: React.KeyboardEvent) => {
    if ((event.target as Element).closest("textarea, input")) return;
    const ctrl = event.ctrlKey || event.metaKey;
    const go = (id: string) => {
      event.preventDefault();
      editor.pass(id);
    };
    const act = (work: () => void) => {
      event.preventDefault();
      work();
    };
    if (wiring) {
      if (event.key === "Escape") act(() => editor.wire(null));
      return;
    }
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp": {
        const by = event.key === "ArrowDown" ? 1 : -1;
        if (event.shiftKey) return act(() => extendMarked(editor, by));
        return event.altKey
          ? act(() => shiftStep(editor, selected, by))
          : go(stepBeside(editor, selected, by));
      }
      case "ArrowLeft":
      case "ArrowRight":
        return go(stepAcross(editor, selected, event.key === "ArrowRight" ? 1 : -1));
      case "Delete":
      case "Backspace":
        return act(() => deleteMarked(editor));
      case "Escape":
        return marked ? act(() => editor.select(selected)) : undefined;
      case "Enter":
        if (ctrl) return act(onTest);
        return event.target === event.currentTarget ? act(onOpen) : undefined;
    }
    const key = event.key.toLowerCase();
    if (ctrl && key === "c" && !window.getSelection()?.toString())
      return act(() => void copyMarked(editor).catch(tellError));
    if (ctrl && key === "x") return act(() => void cutMarked(editor).catch(tellError));
    if (ctrl && key === "v" && !event.shiftKey)
      return catchPaste((text) => {
        if (!pasteSteps(editor, text))
          tellNote("No steps to paste", "The clipboard holds no steps and no flow.");
      });
    if (ctrl || event.altKey) return;
    if (key === "a") return act(() => onInsert(placeAfterChosen(editor)));
    if (key === "d") return act(() => duplicateMarked(editor));
    if (key === "g") return act(() => groupMarked(editor));
    if (key === "c") {
      const module = findModule(editor.draft.value, selected);
      if (isGroupId(selected) || (module && isContainer(module.value)))
        act(() => editor.toggleCollapsed(selected));
    }
  };

  const setNotes = useCallback(
    (next: FlowNote[]) => editor.editValue((flow) => ({ ...flow, notes: next })),
    [editor],
  );
  // While an input is connected, a box that can be used opens its value; any other one ends it.
  const onSelect = useCallback(
    (id: string, extend?: boolean) => {
      if (extend) editor.markUntil(id);
      else if (wiring?.sources.has(id)) editor.pointAt(id);
      else if (wiring && id === wiring.step) editor.wire(null);
      else {
        editor.wire(null);
        editor.select(id);
        onChosen();
      }
    },
    [editor, wiring, onChosen],
  );
  const onToggle = useCallback((id: string) => editor.toggleCollapsed(id), [editor]);
  const onMove = useCallback((id: string, place: Place) => moveStep(editor, id, place), [editor]);
  const onAddBranch = useCallback(
    (owner: string) => editor.editValue((flow) => addBranch(flow, owner), null, owner),
    [editor],
  );
  const addNote = () => {
    const known = value.notes ?? [];
    const beside = layoutFlow(value, collapsed).nodes.find((node) => node.id === selected);
    const x = beside ? beside.x + beside.width + 28 : 180;
    let y = beside?.y ?? 0;
    while (known.some((note) => note.position?.x === x && note.position.y === y)) y += 24;
    setNotes([...known, newNote(known, x, y)]);
  };
  const foldable = () => [
    ...[...walk(value)].flatMap(({ module }) => (isContainer(module.value) ? [module.id] : [])),
    ...groupsOf(value).map(({ group }) => groupId(group)),
  ];

  return (
    <FlowCanvas
      value={value}
      selected={selected}
      collapsed={collapsed}
      runs={run?.runs}
      durations={run?.durations}
      isRun={run?.job !== undefined}
      wiring={wiring}
      marked={marked ?? undefined}
      problems={problems}
      notes={notes}
      onSelect={onSelect}
      onToggle={onToggle}
      onInsert={onInsert}
      onAddBranch={onAddBranch}
      onMove={onMove}
      onNotes={setNotes}
      onKey={onKey}
      description={KEYS}
    >
      <div
        role="toolbar"
        aria-label="Tools of the graph"
        className="absolute left-3 top-3 z-10 flex gap-0.5 rounded-lg border border-line bg-surface p-1 shadow-card"
      >
        <Tool label="Add a step (A)" onClick={() => onInsert(placeAfterChosen(editor))}>
          <Plus />
        </Tool>
        <Tool label="Undo (Ctrl+Z)" onClick={() => editor.undo()} disabled={!canUndo}>
          <Undo2 />
        </Tool>
        <Tool label="Redo (Ctrl+Shift+Z)" onClick={() => editor.redo()} disabled={!canRedo}>
          <Redo2 />
        </Tool>
        <Tool label="Find in the flow (Ctrl+F)" onClick={onFind}>
          <Search />
        </Tool>
        <Tool
          label={collapsed.size > 0 ? "Expand all" : "Collapse all"}
          onClick={() => editor.setCollapsed(collapsed.size > 0 ? [] : foldable())}
        >
          <ChevronsDownUp />
        </Tool>
        <Tool label="Add a note" onClick={addNote}>
          <StickyNote />
        </Tool>
      </div>
      {marked && <MarkedBar count={marked.size} />}
      <WiringBanner count={sources?.size ?? 0} />
      <WiringPopover sources={sources} onTestUpTo={onTestUpTo} />
      {value.modules.length === 0 && (
        <FirstStepsOfFlow
          onAdd={(kind) => addStep(editor, placeAfter(value, null), kind)}
          onMore={() => onInsert(placeAfter(value, null))}
        />
      )}
    </FlowCanvas>
  );
}

function Tool({
  label,
  onClick,
  disabled,
  children,
}: {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  children: React.ReactNode;
}) {
  return (
    <Tooltip text={label} side="bottom">
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label={label.replace(/ \(.*/, "")}
        onClick={onClick}
        disabled={disabled}
      >
        {children}
      </Button>
    </Tooltip>
  );
}
