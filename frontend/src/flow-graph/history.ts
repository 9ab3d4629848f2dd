/** Undo and redo over whole documents: edits share structure, so a step of history costs little. */

export type History<T> = {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** What the last edit was; typing on in the same field extends it. */
  label: string | null;
};

const KEPT = 200;

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], label: null };
}

/**
 * Records an edit. Edits in a row with the same label, such as the letters typed into one field, are undone
 * together; a null label stands alone.
 */
export function record<T>(history: History<T>, present: T, label: string | null = null): History<T> {
  if (present === history.present) return history;
  if (label !== null && label === history.label && history.future.length === 0) {
    return { ...history, present };
  }
  return { past: [...history.past, history.present].slice(-KEPT), present, future: [], label };
}

export function undo<T>(history: History<T>): History<T> {
  const previous = history.past[history.past.length - 1];
  if (previous === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: previous,
    future: [history.present, ...history.future],
    label: null,
  };
}

export function redo<T>(history: History<T>): History<T> {
  const next = history.future[0];
  if (next === undefined) return history;
  return {
    past: [...history.past, history.present],
    present: next,
    future: history.future.slice(1),
    label: null,
  };
}
