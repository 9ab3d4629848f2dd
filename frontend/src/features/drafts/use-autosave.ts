import { useCallback, useEffect, useRef, useState } from "react";
import { type DraftKind, dropDraft, saveDraft } from "./drafts";

export type SaveState = "clean" | "unsaved" | "saving" | "saved" | "failed" | "conflict";

const PAUSE_MS = 1200;

type Autosave = {
  state: SaveState;
  /** Tells that something changed; the draft is saved after a pause in typing. */
  touch: () => void;
  /** Saves at once, over somebody else's change when `force`. */
  save: (force?: boolean) => Promise<void>;
  /** Forgets pending changes and removes the draft, unless it lies at one of `gone`: a deploy removed those. */
  discard: (...gone: string[]) => Promise<void>;
  /** The draft that was found when the editor opened. */
  opened: (at: string | null, path: string) => void;
};

/** Keeps a server-side draft of what is being edited. */
export function useAutosave(
  workspace: string,
  read: () => { path: string; value: unknown },
  kind: DraftKind = "script",
): Autosave {
  const [state, setState] = useState<SaveState>("clean");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const lastSync = useRef<string | null>(null);
  const savedPath = useRef<string | null>(null);
  /** Whether something changed after the last time that it was read to be saved. */
  const pending = useRef(false);
  const reader = useRef(read);
  reader.current = read;

  // One request at a time: a save under way must not write again what a deploy or a discard just removed.
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const inTurn = useCallback(<T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.current.then(work, work);
    turn.current = next;
    return next;
  }, []);

  const write = useCallback(
    async (force: boolean) => {
      pending.current = false;
      const { path, value } = reader.current();
      const before = savedPath.current;
      const moved = before !== null && before !== path;
      setState("saving");
      try {
        const answer = await saveDraft(
          workspace,
          path,
          value,
          moved ? null : lastSync.current,
          force || moved,
          kind,
        );
        if (answer.status === "conflict") {
          setState("conflict");
          return;
        }
        savedPath.current = path;
        lastSync.current = answer.current_timestamp;
        if (moved) await dropDraft(workspace, before, kind);
        // What was typed while this was under way is not safe yet.
        setState(pending.current ? "unsaved" : "saved");
      } catch {
        pending.current = true;
        setState("failed");
      }
    },
    [workspace, kind],
  );

  const save = useCallback(
    (force = false) => {
      clearTimeout(timer.current);
      return inTurn(() => write(force));
    },
    [inTurn, write],
  );

  const known = useRef<SaveState>(state);
  known.current = state;
  const touch = useCallback(() => {
    pending.current = true;
    // This runs at every keystroke: a page that says "unsaved" already is not drawn again.
    if (known.current !== "conflict" && known.current !== "unsaved") {
      setState((current) => (current === "conflict" ? current : "unsaved"));
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void save(), PAUSE_MS);
  }, [save]);

  const discard = useCallback(
    (...gone: string[]) => {
      clearTimeout(timer.current);
      pending.current = false;
      return inTurn(async () => {
        clearTimeout(timer.current);
        pending.current = false;
        const path = savedPath.current;
        savedPath.current = null;
        lastSync.current = null;
        setState("clean");
        if (path && !gone.includes(path)) await dropDraft(workspace, path, kind);
      });
    },
    [workspace, inTurn, kind],
  );

  const opened = useCallback((at: string | null, path: string) => {
    lastSync.current = at;
    savedPath.current = at ? path : null;
    setState(at ? "saved" : "clean");
  }, []);

  // Whoever goes to another page within the pause takes the last words along.
  const leave = useRef(save);
  leave.current = save;
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      if (pending.current) void leave.current();
    },
    [],
  );

  // Leaving with unsaved changes asks first.
  useEffect(() => {
    if (state !== "unsaved" && state !== "saving" && state !== "failed") return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [state]);

  return { state, touch, save, discard, opened };
}
