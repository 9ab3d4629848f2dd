import { useEffect, useRef } from "react";
import { useDark } from "@/ui/theme";
import { applyTheme, EDITOR_OPTIONS, monaco } from "./monaco";

type DiffEditorProps = { before: string; after: string; language: string };

/** Two versions of a text side by side, or in one column where there is no room. */
export default function DiffEditor({ before, after, language }: DiffEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const dark = useDark();
  useEffect(() => applyTheme(dark), [dark]);
  useEffect(() => {
    if (!host.current) return;
    applyTheme(document.documentElement.classList.contains("dark"));
    const original = monaco.editor.createModel(before, language);
    const modified = monaco.editor.createModel(after, language);
    const made = monaco.editor.createDiffEditor(host.current, {
      ...EDITOR_OPTIONS,
      readOnly: true,
      originalEditable: false,
      renderOverviewRuler: false,
      renderSideBySide: true,
      useInlineViewWhenSpaceIsLimited: true,
      hideUnchangedRegions: { enabled: true },
    });
    made.setModel({ original, modified });
    return () => {
      made.dispose();
      original.dispose();
      modified.dispose();
    };
  }, [before, after, language]);
  return <div ref={host} className="h-full min-h-0 w-full" />;
}
