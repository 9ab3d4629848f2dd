import { useCallback, useRef, useState } from "react";
import { scriptAt } from "./help/typescript-place";
import { monaco, type OpenPlace } from "./monaco";

/** A text that a definition led to, beside the one that is written. */
export type Visit = {
  model: monaco.editor.ITextModel;
  place: monaco.IRange | null;
  name: string;
  /** Where it is a script of the workspace: whose, and its path. */
  script: { workspace: string; path: string } | null;
};

/** Paths of scripts in Python have a scheme of their own; those of TypeScript lie in a world. */
function pathOf(uri: monaco.Uri): string | null {
  if (uri.scheme === "postmill") return /^\/script\/(.+)\.py$/.exec(uri.path)?.[1] ?? null;
  return scriptAt(uri.toString());
}

function nameOf(uri: monaco.Uri): string {
  const path = pathOf(uri);
  if (path) return path;
  return uri.path.replace(/^\/(world\d+\/)?(library\/)?(node_modules\/)?/, "");
}

/** Where definitions led, one after the other; `leave` goes back to the text that is written. */
export function useVisits(workspaceOf: () => string | undefined) {
  const [visits, setVisits] = useState<readonly Visit[]>([]);
  const workspace = useRef(workspaceOf);
  workspace.current = workspaceOf;
  const visit = useCallback<OpenPlace>((uri, place) => {
    const model = monaco.editor.getModel(uri);
    if (!model) return;
    const path = pathOf(uri);
    const owner = workspace.current();
    const script = path && owner ? { workspace: owner, path } : null;
    setVisits((known) => [...known, { model, place, name: nameOf(uri), script }]);
  }, []);
  const back = useCallback(() => setVisits((known) => known.slice(0, -1)), []);
  const leave = useCallback(() => setVisits([]), []);
  return { visits, visit, back, leave };
}
