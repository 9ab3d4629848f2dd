import { useEffect, useRef } from "react";
import { useDark } from "@/ui/theme";
import { applyTheme, EDITOR_OPTIONS, monaco } from "./monaco";

export type Marker = { message: string; line: number; column: number };

type CodeEditorProps = {
  /** Text at the start; later changes from outside replace what is in the editor. */
  value: string;
  language: string;
  onValue?: (value: string) => void;
  onRun?: () => void;
  onSave?: () => void;
  markers?: readonly Marker[];
  readOnly?: boolean;
  label: string;
  small?: boolean;
};

/** Monaco. Keystrokes stay inside it: React hears of the text, but does not write it back. */
export default function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = useDark();

  useEffect(() => {
    if (!host.current) return;
    applyTheme(document.documentElement.classList.contains("dark"));
    const { value, language, readOnly, label, small } = latest.current;
    const model = monaco.editor.createModel(value, language);
    const made = monaco.editor.create(host.current, {
      ...EDITOR_OPTIONS,
      model,
      readOnly,
      ariaLabel: label,
      ...(small
        ? {
            lineNumbers: "off",
            folding: false,
            glyphMargin: false,
            padding: { top: 6, bottom: 6 },
            fontSize: 12,
          }
        : {}),
    });
    editor.current = made;
    model.onDidChangeContent(() => latest.current.onValue?.(model.getValue()));
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun?.());
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => latest.current.onSave?.());
    return () => {
      editor.current = null;
      made.dispose();
      model.dispose();
    };
  }, []);

  useEffect(() => applyTheme(dark), [dark]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (model && model.getLanguageId() !== props.language)
      monaco.editor.setModelLanguage(model, props.language);
  }, [props.language]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (model && model.getValue() !== props.value) model.setValue(props.value);
  }, [props.value]);

  useEffect(() => {
    editor.current?.updateOptions({ readOnly: props.readOnly });
  }, [props.readOnly]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model) return;
    monaco.editor.setModelMarkers(
      model,
      "postmill",
      (props.markers ?? []).map((marker) => ({
        severity: monaco.MarkerSeverity.Error,
        message: marker.message,
        startLineNumber: marker.line,
        startColumn: marker.column,
        endLineNumber: marker.line,
        endColumn: Math.max(
          marker.column + 1,
          model.getLineMaxColumn(Math.min(marker.line, model.getLineCount())),
        ),
      })),
    );
  }, [props.markers]);

  return <div ref={host} className="h-full min-h-0 w-full" />;
}
