import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { isStatus } from "@/api/client";
import { draftQuery } from "@/features/drafts/drafts";
import { beforeEditor, MayOnlyRun } from "@/features/drafts/editor-gate";
import { defaultScriptsQuery } from "@/features/scripts/default-scripts";
import { type EditorStart, type EditSearch, editorStart } from "@/features/scripts/editor-start";
import { ScriptEditor } from "@/features/scripts/script-editor";
import { scriptByHashQuery, scriptQuery } from "@/features/scripts/scripts";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";

/** Loads what the editor starts from: the deployed version, a draft of it, another version or a template. */
export default function EditPage() {
  const workspace = useWorkspace();
  const { _splat } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as EditSearch;
  const member = useMember();
  const develop = useCanDevelop();
  const path = _splat ?? search.draft;
  // A new script has a draft at most; only an address of a script asks for a deployed version.
  const source = search.from ?? _splat;
  const script = useQuery({ ...scriptQuery(workspace, source ?? ""), enabled: Boolean(source) });
  const version = useQuery({
    ...scriptByHashQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const draft = useQuery({ ...draftQuery(workspace, path ?? ""), enabled: Boolean(path) });
  const begins = useQuery(defaultScriptsQuery(workspace));
  // The first complete answer starts the editor; later ones must not replace what is being typed.
  const started = useRef<{ key: string; start: EditorStart } | null>(null);
  const key = `${workspace}:${_splat ?? "new"}:${search.from ?? ""}:${search.template ?? ""}:${search.version ?? ""}`;

  const missing = isStatus(script.error, 404);
  const waiting =
    !member ||
    begins.isPending ||
    (source !== undefined && script.isPending) ||
    (path !== undefined && draft.isPending) ||
    (search.version !== undefined && version.isPending);
  if (member && !develop) {
    return <MayOnlyRun title="You may run scripts here, not write them" />;
  }
  // An answer that fails later must not take away what is being typed.
  if (started.current?.key !== key) {
    const instead = beforeEditor(waiting, [...(missing ? [] : [script]), version, draft]);
    if (instead) return instead;
    const start = editorStart({
      search,
      path: _splat,
      username: member?.username ?? "",
      script: script.data,
      version: version.data,
      draft: draft.data,
      begins: begins.data,
    });
    started.current = { key, start };
  }
  return <ScriptEditor key={key} start={started.current.start} isNew={!_splat} />;
}
