import { createContext, useContext, useSyncExternalStore } from "react";
import type { Args, Schema } from "@/api/types";
import type { FlowDraft } from "@/features/flows/flow-draft";
import { collapsedAtFirst, foldsOver, keepGroups } from "@/flow-graph/groups";
import { type History, record, redo, startHistory, undo } from "@/flow-graph/history";
import { INPUT_NODE } from "@/flow-graph/layout";
import { type Range, rangeBetween } from "@/flow-graph/ranges";
import type { FlowModule, FlowValue } from "@/flow-graph/types";

/** How long the keys rest on a box before its panel opens: longer than a held key takes to repeat. */
const REST_MS = 120;

/** What a test run recorded: what expressions could read. */
export type Recorded = { args: Args | null; results: Record<string, unknown> };

/**
 * An input that is being connected: the graph shows what it can read. `list` is the list beside the input, `at` the
 * box of the graph whose value is open.
 */
export type Wiring = {
  key: string;
  step: string;
  label: string;
  list: boolean;
  at: string | null;
  /** Where the keyboard goes afterwards. */
  trigger: HTMLElement | null;
  pick: (expr: string) => void;
};

export type EditorState = {
  history: History<FlowDraft>;
  /** A step's id, or one of the fixed boxes. */
  selected: string;
  /** The box whose panel is open: the selected one, or the one before while keys pass over many. */
  opened: string;
  /** The other end of the steps that are marked together with the selected one. */
  until: string | null;
  collapsed: ReadonlySet<string>;
  schemas: Record<string, Schema | null>;
  recorded: Recorded;
  wiring: Wiring | null;
};

/**
 * The builder's state outside React: a keystroke in one field wakes only the components that look at what it
 * changed, however many steps the flow has.
 */
export class FlowEditor {
  private state: EditorState;
  private readonly listeners = new Set<() => void>();
  private passing: ReturnType<typeof setTimeout> | undefined;
  /** Told after every change of the document itself. */
  onEdit: () => void = () => {};

  constructor(draft: FlowDraft) {
    this.state = {
      history: startHistory(draft),
      selected: draft.value.modules[0]?.id ?? INPUT_NODE,
      opened: draft.value.modules[0]?.id ?? INPUT_NODE,
      until: null,
      collapsed: new Set(collapsedAtFirst(draft.value)),
      schemas: {},
      recorded: { args: null, results: {} },
      wiring: null,
    };
  }

  get = (): EditorState => this.state;
  get draft(): FlowDraft {
    return this.state.history.present;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private set(change: Partial<EditorState>): void {
    this.state = { ...this.state, ...change };
    for (const tell of this.listeners) tell();
  }

  /** Records an edit of the document. Edits with the same label in a row are undone together. */
  edit(change: (draft: FlowDraft) => FlowDraft, label: string | null = null, select?: string): void {
    const next = change(this.draft);
    if (next === this.draft) return;
    this.set({
      history: record(this.state.history, next, label),
      until: null,
      ...(select === undefined ? {} : { selected: select, opened: select }),
    });
    this.onEdit();
  }

  editValue(change: (value: FlowValue) => FlowValue, label: string | null = null, select?: string): void {
    this.edit(
      (draft) => {
        const value = keepGroups(draft.value, change(draft.value));
        return value === draft.value ? draft : { ...draft, value };
      },
      label,
      select,
    );
  }

  undo(): void {
    this.travel(undo(this.state.history));
  }

  redo(): void {
    this.travel(redo(this.state.history));
  }

  private travel(history: History<FlowDraft>): void {
    if (history === this.state.history) return;
    this.set({ history, until: null });
    this.onEdit();
  }

  /** Chooses a box, and unfolds what hides it. */
  select(selected: string): void {
    const { collapsed, opened, until } = this.state;
    if (selected === this.state.selected && selected === opened && until === null) return;
    const over = new Set(foldsOver(this.draft.value, selected, collapsed));
    this.set({
      selected,
      opened: selected,
      until: null,
      ...(over.size > 0 ? { collapsed: new Set([...collapsed].filter((id) => !over.has(id))) } : {}),
    });
  }

  /** Chooses a box in passing: its panel, which takes a while to draw, opens where the keys come to rest. */
  pass(selected: string): void {
    if (selected === this.state.selected && this.state.until === null) return;
    this.set({ selected, until: null });
    clearTimeout(this.passing);
    this.passing = setTimeout(() => this.settle(), REST_MS);
  }

  /** Opens the panel of what is selected. */
  settle(): void {
    clearTimeout(this.passing);
    if (this.state.opened !== this.state.selected) this.set({ opened: this.state.selected });
  }

  /** Marks the steps from the selected one to another. */
  markUntil(id: string): void {
    const until = id === this.state.selected ? null : id;
    if (until !== this.state.until) this.set({ until });
  }

  /** The steps that are marked, or null where none are marked together. */
  marked(): Range | null {
    const { selected, until } = this.state;
    return until === null ? null : rangeBetween(this.draft.value, selected, until);
  }

  toggleCollapsed(id: string): void {
    const collapsed = new Set(this.state.collapsed);
    if (!collapsed.delete(id)) collapsed.add(id);
    this.set({ collapsed });
  }

  setCollapsed(ids: Iterable<string>): void {
    this.set({ collapsed: new Set(ids) });
  }

  learnSchema(id: string, schema: Schema | null): void {
    if (this.state.schemas[id] === schema) return;
    this.set({ schemas: { ...this.state.schemas, [id]: schema } });
  }

  remember(recorded: Recorded): void {
    this.set({ recorded });
  }

  wire(wiring: Wiring | null): void {
    if (wiring !== this.state.wiring) this.set({ wiring });
  }

  /** Opens the value of a box of the graph for the input that is being connected, or closes it. */
  pointAt(at: string | null): void {
    const { wiring } = this.state;
    if (wiring && wiring.at !== at) this.set({ wiring: { ...wiring, at, list: false } });
  }
}

const EditorContext = createContext<FlowEditor | null>(null);
export const EditorProvider = EditorContext.Provider;

export function useFlowEditor(): FlowEditor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("A flow editor is needed around this component.");
  return editor;
}

/** A part of the editor's state; `pick` must give the same object while nothing in it changed. */
export function useEditorState<T>(pick: (state: EditorState) => T): T {
  const editor = useFlowEditor();
  return useSyncExternalStore(editor.subscribe, () => pick(editor.get()));
}

export const useDraft = () => useEditorState((state) => state.history.present);
export const useSelected = () => useEditorState((state) => state.selected);
export const useOpened = () => useEditorState((state) => state.opened);

/** Changes of one step: `set` replaces members of it, undefined removes them. */
export type ChangeStep = (change: Partial<FlowModule>, field?: string) => void;
