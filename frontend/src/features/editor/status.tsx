import { useEffect, useState } from "react";
import type { HelpState } from "./help/attach";
import { monaco } from "./monaco";
import { type Cursor, type Problems, StatusBar } from "./status-bar";

type StatusProps = {
  editor: monaco.editor.IStandaloneCodeEditor | null;
  /** What the editor shows now: another language or folder makes another one. */
  model: monaco.editor.ITextModel | null;
  vim: React.Ref<HTMLDivElement>;
  help: HelpState | null;
  language: string;
};

function countProblems(model: monaco.editor.ITextModel): Problems {
  const markers = monaco.editor.getModelMarkers({ resource: model.uri });
  const count = (severity: monaco.MarkerSeverity) =>
    markers.filter((marker) => marker.severity === severity).length;
  return { errors: count(monaco.MarkerSeverity.Error), warnings: count(monaco.MarkerSeverity.Warning) };
}

/** Follows the cursor by itself, so that moving it does not draw the editor again. */
export function Status({ editor, model, vim, help, language }: StatusProps) {
  const [cursor, setCursor] = useState<Cursor>({ line: 1, column: 1, selected: 0 });
  const [problems, setProblems] = useState<Problems>({ errors: 0, warnings: 0 });
  useEffect(() => {
    if (!editor || !model) return;
    setProblems(countProblems(model));
    const moved = editor.onDidChangeCursorSelection(({ selection }) =>
      setCursor({
        line: selection.positionLineNumber,
        column: selection.positionColumn,
        selected: selection.isEmpty() ? 0 : model.getValueLengthInRange(selection),
      }),
    );
    const marked = monaco.editor.onDidChangeMarkers((changed) => {
      if (!changed.some((uri) => uri.toString() === model.uri.toString())) return;
      setProblems(countProblems(model));
    });
    return () => {
      moved.dispose();
      marked.dispose();
    };
  }, [editor, model]);
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
