import type { Draft, Script } from "@/api/types";
import type { DefaultScripts } from "./default-scripts";
import { draftOf, newDraft, readStored, type ScriptDraft } from "./script-draft";
import { defaultCode, TEMPLATES } from "./templates";

export type EditSearch = {
  template?: string;
  from?: string;
  version?: string;
  draft?: string;
  line?: number;
};
export type EditorStart = {
  draft: ScriptDraft;
  content: string;
  deployed: Script | null;
  savedAt: string | null;
};

type Found = {
  search: EditSearch;
  /** The path in the address; a new script has none. */
  path: string | undefined;
  username: string;
  script: Script | undefined;
  version: Script | undefined;
  draft: Draft | null | undefined;
  begins: DefaultScripts | undefined;
};

/** What the editor starts from: a draft, a copy, the deployed version or another one, else a template. */
export function editorStart({ search, path, username, script, version, draft, begins }: Found): EditorStart {
  const deployed = search.from ? null : (script ?? null);
  const stored = search.version ? null : readStored(draft?.value);
  if (stored) {
    const { content, ...rest } = stored;
    return { draft: rest, content, deployed, savedAt: draft?.created_at ?? null };
  }
  if (search.from && script) {
    const { parent_hash: _parent, ...copied } = draftOf(script);
    return {
      draft: { ...copied, path: `${script.path}_copy` },
      content: script.content,
      deployed: null,
      savedAt: null,
    };
  }
  if (deployed) {
    return {
      // Of another version all comes back: form and settings too, on top of what is deployed now.
      draft: { ...draftOf(version ?? deployed), path: deployed.path, parent_hash: deployed.hash },
      content: version?.content ?? deployed.content,
      deployed,
      savedAt: null,
    };
  }
  const template = TEMPLATES.find((known) => known.id === search.template) ?? TEMPLATES[0];
  const first = search.template ? undefined : begins?.order?.find((name) => !begins.hidden?.includes(name));
  const fresh = newDraft(username, script?.language ?? first ?? template?.language ?? "python3");
  return {
    draft: path ? { ...fresh, path } : fresh,
    content:
      search.template && template
        ? template.code
        : (begins?.default_script_content?.[fresh.language] ?? defaultCode(fresh.language)),
    deployed: null,
    savedAt: null,
  };
}
