import { post } from "@/api/client";
import { monaco } from "../monaco";
import type { Diagnostic } from "./connection";
import { toMarker } from "./convert";
import type { HelpState, HelpTarget } from "./server";

const PAUSE_MS = 600;
const SOURCE = "shellcheck";

/** Has Bash code looked at by the server's checker whenever typing rests. */
export function attachShell(
  model: monaco.editor.ITextModel,
  target: () => HelpTarget,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  const look = async () => {
    const version = model.getVersionId();
    try {
      const body = { language: "bash", code: model.getValue() };
      const { items } = await post<{ items: Diagnostic[] }>(
        `/w/${target().workspace}/language_help/check`,
        body,
      );
      if (gone || model.getVersionId() !== version) return;
      monaco.editor.setModelMarkers(
        model,
        SOURCE,
        items.map((item) => toMarker(item, SOURCE)),
      );
      onState({ connection: "open", reason: "", packages: { state: "ready", checker: SOURCE } });
    } catch (error) {
      if (gone) return;
      monaco.editor.setModelMarkers(model, SOURCE, []);
      onState({ connection: "away", reason: error instanceof Error ? error.message : "", packages: null });
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), PAUSE_MS);
  };
  onState({ connection: "connecting", reason: "", packages: null });
  const listening = model.onDidChangeContent(soon);
  void look();
  return {
    reopen: soon,
    dispose: () => {
      gone = true;
      clearTimeout(timer);
      listening.dispose();
      if (!model.isDisposed()) monaco.editor.setModelMarkers(model, SOURCE, []);
    },
  };
}
