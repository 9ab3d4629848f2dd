import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { isStatus } from "@/api/client";
import { draftQuery } from "@/features/drafts/drafts";
import { beforeEditor, MayOnlyRun } from "@/features/drafts/editor-gate";
import { Builder, type BuilderStart } from "@/features/flow-builder/builder";
import { draftOfFlow, newFlowDraft, readStoredFlow } from "@/features/flows/flow-draft";
import { flowQuery, flowVersionQuery } from "@/features/flows/flows";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";

type EditSearch = { from?: string; version?: string; draft?: string };

/** Loads what the builder starts from: the deployed flow, a draft of it, another version or a copy. */
export default function FlowEditPage() {
  const workspace = useWorkspace();
  const { _splat } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as EditSearch;
  const member = useMember();
  const develop = useCanDevelop();
  const path = _splat ?? search.draft;
  const source = search.from ?? _splat;
  const flow = useQuery({ ...flowQuery(workspace, source ?? ""), enabled: Boolean(source) });
  const version = useQuery({
    ...flowVersionQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const draft = useQuery({ ...draftQuery(workspace, path ?? "", "flow"), enabled: Boolean(path) });
  // The first complete answer starts the builder; later ones must not replace what is being edited.
  const started = useRef<{ key: string; start: BuilderStart } | null>(null);
  const key = `${workspace}:${_splat ?? "new"}:${search.from ?? ""}:${search.version ?? ""}`;
  const missing = isStatus(flow.error, 404);
  const waiting =
    !member ||
    (source !== undefined && flow.isPending) ||
    (path !== undefined && draft.isPending) ||
    (search.version !== undefined && version.isPending);

  if (member && !develop) {
    return <MayOnlyRun title="You may run flows here, not build them" />;
  }
  // An answer that fails later must not take away what is being edited.
  if (started.current?.key !== key) {
    const instead = beforeEditor(waiting, [...(missing ? [] : [flow]), version, draft]);
    if (instead) return instead;
    const deployed = search.from ? null : (flow.data ?? null);
    const stored = search.version ? null : readStoredFlow(draft.data?.value);
    const fresh = newFlowDraft(member?.username ?? "");
    let start: BuilderStart;
    if (stored) start = { draft: stored, deployed, savedAt: draft.data?.created_at ?? null };
    else if (search.from && flow.data) {
      const { parent_version: _parent, ...copied } = draftOfFlow(flow.data);
      start = { draft: { ...copied, path: `${flow.data.path}_copy` }, deployed: null, savedAt: null };
    } else if (deployed) {
      const restored = version.data ? { ...draftOfFlow(version.data), path: deployed.path } : null;
      start = {
        draft: restored ? { ...restored, parent_version: deployed.version_id } : draftOfFlow(deployed),
        deployed,
        savedAt: null,
      };
    } else start = { draft: _splat ? { ...fresh, path: _splat } : fresh, deployed: null, savedAt: null };
    started.current = { key, start };
  }
  return <Builder key={key} start={started.current.start} isNew={!_splat} />;
}
