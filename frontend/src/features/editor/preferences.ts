import { useSyncExternalStore } from "react";

/** How a person likes to write; kept in this browser. */
export type EditorPreferences = {
  vim: boolean;
  formatOnSave: boolean;
  wordWrap: boolean;
  minimap: boolean;
};

const KEY = "postmill.editor";
const START: EditorPreferences = { vim: false, formatOnSave: true, wordWrap: false, minimap: false };

function read(): EditorPreferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof stored === "object" && stored !== null ? { ...START, ...stored } : START;
  } catch {
    return START;
  }
}

let current: EditorPreferences | null = null;
const listeners = new Set<() => void>();

export function editorPreferences(): EditorPreferences {
  current ??= read();
  return current;
}

export function setEditorPreference(change: Partial<EditorPreferences>): void {
  current = { ...editorPreferences(), ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser without storage forgets; the choice holds until the page is left.
  }
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useEditorPreferences = () => useSyncExternalStore(subscribe, editorPreferences);
