import { useEffect, useState } from "react";
import type { HelpState } from "./help/attach";
import { monaco } from "./monaco";
import { type Cursor, type Problems, StatusBar } from "./status-bar";

type StatusProps = {
  editor: monaco.editor.IStandaloneCodeEditor | null;
  vim: React.Ref<HTMLDivElement>;
  help: HelpState | null;
  language: string;
};

/** Follows the cursor by itself, so that moving it does not draw the editor again. */
export function Status({ editor, vim, help, language }: StatusProps) {
  const [cursor, setCursor] = useState<Cursor>({ line: 1, column: 1, selected: 0 });
  const [problems, setProblems] = useState<Problems>({ errors: 0, warnings: 0 });
  useEffect(() => {
    const model = editor?.getModel();
    if (!editor || !model) return;
    const moved = editor.onDidChangeCursorSelection(({ selection }) =>
      setCursor({
        line: selection.positionLineNumber,
        column: selection.positionColumn,
        selected: selection.isEmpty() ? 0 : model.getValueLengthInRange(selection),
      }),
    );
    const marked = monaco.editor.onDidChangeMarkers((changed) => {
      if (!changed.some((uri) => uri.toString() === model.uri.toString())) return;
      const markers = monaco.editor.getModelMarkers({ resource: model.uri });
      const count = (severity: monaco.MarkerSeverity) =>
        markers.filter((marker) => marker.severity === severity).length;
      setProblems({
        errors: count(monaco.MarkerSeverity.Error),
        warnings: count(monaco.MarkerSeverity.Warning),
      });
    });
    return () => {
      moved.dispose();
      marked.dispose();
    };
  }, [editor]);
  return (
    <StatusBar
      vim={vim}
      cursor={cursor}
      problems={problems}
      help={help}
      language={language}
      onProblems={() => {
        editor?.focus();
        void editor?.getAction("editor.action.marker.nextInFiles")?.run();
      }}
    />
  );
}
