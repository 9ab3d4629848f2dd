import { useEffect, useRef } from "react";
import { useDark } from "@/ui/theme";
import { type EditorHandle, handleOf } from "./handle";
import { applyTheme, EDITOR_OPTIONS, monaco } from "./monaco";

type DiffEditorProps = {
  before: string;
  after: string;
  language: string;
  /** With it the right side can be written in; later changes of `after` are then its own and not shown again. */
  onValue?: (value: string) => void;
  onRun?: () => void;
  onSave?: () => void;
  /** Hears how text is put into the right side. */
  onReady?: (handle: EditorHandle) => void;
  label?: string;
};

/** Two versions of a text side by side, or in one column where there is no room. */
export default function DiffEditor(props: DiffEditorProps) {
  const { before, after, language, onValue, label } = props;
  const host = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const editable = onValue !== undefined;
  const latest = useRef(props);
  latest.current = props;
  const shown = editable ? "" : after;
  useEffect(() => applyTheme(dark), [dark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is written in the right side must not rebuild it
  useEffect(() => {
    if (!host.current) return;
    applyTheme(document.documentElement.classList.contains("dark"));
    const original = monaco.editor.createModel(before, language);
    const modified = monaco.editor.createModel(latest.current.after, language);
    const made = monaco.editor.createDiffEditor(host.current, {
      ...EDITOR_OPTIONS,
      readOnly: !editable,
      originalEditable: false,
      renderOverviewRuler: false,
      renderSideBySide: true,
      useInlineViewWhenSpaceIsLimited: true,
      hideUnchangedRegions: { enabled: true },
    });
    // Of a view that it makes itself the editor never ends the comparison: that then misses the texts that are gone.
    const compared = made.createViewModel({ original, modified });
    made.setModel(compared);
    if (!editable) {
      const computed = made.onDidUpdateDiff(() => {
        computed.dispose();
        made.revealFirstDiff();
      });
    }
    made.getOriginalEditor().updateOptions({ ariaLabel: `${label ?? "Text"}, before` });
    made.getModifiedEditor().updateOptions({ ariaLabel: `${label ?? "Text"}, after` });
    const written = made.getModifiedEditor();
    written.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun?.());
    written.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => latest.current.onSave?.());
    if (editable) latest.current.onReady?.(handleOf(written));
    modified.onDidChangeContent(() => latest.current.onValue?.(modified.getValue()));
    return () => {
      made.dispose();
      compared.dispose();
      original.dispose();
      modified.dispose();
    };
  }, [before, shown, language, editable]);
  return <div ref={host} className="h-full min-h-0 w-full" />;
}
