import { useEffect, useRef, useState } from "react";
import { useDark } from "@/ui/theme";
import { type EditorHandle, handleOf } from "./handle";
import { attachHelp, type HelpState, type HelpTarget } from "./help/attach";
import { formatFor } from "./help/format";
import { placeInNewWorld } from "./help/typescript-place";
import { applyTheme, EDITOR_OPTIONS, monaco, onOpenPlace } from "./monaco";
import { editorPreferences, useEditorPreferences } from "./preferences";
import { SourceView } from "./source-view";
import { Status } from "./status";
import { useVisits } from "./visits";

export type Marker = { message: string; line: number; column: number };

type CodeEditorProps = {
  /** Text at the start; later changes from outside replace what is in the editor. */
  value: string;
  /** Another number shows `value` again, over what was written since. */
  turn?: number;
  language: string;
  onValue?: (value: string) => void;
  onRun?: () => void;
  onSave?: () => void;
  markers?: readonly Marker[];
  readOnly?: boolean;
  label: string;
  small?: boolean;
  /** Whose script this is: with it, language servers help. */
  help?: HelpTarget;
  onReady?: (handle: EditorHandle) => void;
};

const SMALL = {
  lineNumbers: "off",
  folding: false,
  glyphMargin: false,
  padding: { top: 6, bottom: 6 },
  fontSize: 12,
  renderLineHighlight: "none",
  overviewRulerLanes: 0,
  hideCursorInOverviewRuler: true,
  lineDecorationsWidth: 4,
} as const;

const MOST_TOLD = 100;

/** Monaco. Keystrokes stay inside it: React hears of the text, but does not write it back. */
export default function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const vim = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor | null>(null);
  const latest = useRef(props);
  latest.current = props;
  /** Texts that were told and have not come back as the value yet; the oldest may have. */
  const told = useRef<string[]>([]);
  const dark = useDark();
  const preferences = useEditorPreferences();
  const [help, setHelp] = useState<HelpState | null>(null);
  const [model, setModel] = useState<monaco.editor.ITextModel | null>(null);
  const { visits, visit, back, leave } = useVisits(() => latest.current.help?.workspace);
  const status = !props.small && !props.readOnly;

  useEffect(() => {
    if (!host.current) return;
    applyTheme(document.documentElement.classList.contains("dark"));
    const { value, readOnly, label, small } = latest.current;
    const made = monaco.editor.create(host.current, {
      ...EDITOR_OPTIONS,
      model: newModel(value, latest.current),
      readOnly,
      ariaLabel: label,
      ...(small ? SMALL : {}),
    });
    made.onDidChangeModelContent(() => {
      const text = made.getValue();
      if (latest.current.turn === undefined) told.current = [...told.current.slice(-MOST_TOLD), text];
      latest.current.onValue?.(text);
    });
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun?.());
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => {
      void formatBeforeSave(made, latest.current).then(() => latest.current.onSave?.());
    });
    addCursorKeys(made);
    onOpenPlace(made, visit);
    setEditor(made);
    setModel(made.getModel());
    latest.current.onReady?.(handleOf(made));
    return () => {
      const last = made.getModel();
      setEditor(null);
      setModel(null);
      made.dispose();
      last?.dispose();
    };
  }, [visit]);

  useEffect(() => applyTheme(dark), [dark]);

  const place = placeOf(props);
  const placed = useRef(place);
  useEffect(() => {
    const old = editor?.getModel();
    if (!old) return;
    if (placed.current === place) {
      if (old.getLanguageId() !== props.language) monaco.editor.setModelLanguage(old, props.language);
      return;
    }
    placed.current = place;
    const view = editor?.saveViewState() ?? null;
    const made = newModel(old.getValue(), latest.current);
    editor?.setModel(made);
    editor?.restoreViewState(view);
    setModel(made);
    old.dispose();
  }, [editor, place, props.language]);

  useEffect(() => {
    // What was typed comes back as the value, sometimes after more was typed: it must not replace that.
    const at = props.turn === undefined ? told.current.lastIndexOf(props.value) : -1;
    if (at >= 0) {
      told.current = told.current.slice(at);
      return;
    }
    const shown = editor?.getModel();
    if (shown && shown.getValue() !== props.value) shown.setValue(props.value);
  }, [editor, props.value, props.turn]);

  useEffect(() => {
    editor?.updateOptions({
      readOnly: props.readOnly,
      wordWrap: preferences.wordWrap ? "on" : "off",
      minimap: { enabled: preferences.minimap && !props.small },
    });
  }, [editor, props.readOnly, props.small, preferences]);

  useEffect(() => {
    if (model) setProblemMarkers(model, props.markers ?? []);
  }, [model, props.markers]);

  useEffect(() => (model ? formatFor(model, () => latest.current.help) : undefined), [model]);

  // JSON is checked by Monaco itself; what checks YAML is loaded with the first text of it.
  useEffect(() => {
    if (!model || props.language !== "yaml") return;
    let end: (() => void) | null = null;
    let gone = false;
    void import("./help/yaml").then(({ watchYaml }) => {
      if (!gone) end = watchYaml(model);
    });
    return () => {
      gone = true;
      end?.();
    };
  }, [model, props.language]);

  // Vim is loaded when somebody wants it.
  useEffect(() => {
    if (!editor || !status || !preferences.vim) return;
    let end: (() => void) | null = null;
    let gone = false;
    void import("./vim").then(({ startVim }) => {
      if (!gone && vim.current) end = startVim(editor, vim.current, () => latest.current.onSave?.());
    });
    return () => {
      gone = true;
      end?.();
    };
  }, [editor, status, preferences.vim]);

  const workspace = props.help?.workspace;
  const path = props.help?.path;
  const attached = useRef<{ reopen: () => void } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed path opens the document anew, below
  useEffect(() => {
    if (!model || model.getLanguageId() !== props.language || !workspace || !path) return;
    const target = () => latest.current.help ?? { workspace, path };
    const made = attachHelp(model, props.language, target, setHelp);
    attached.current = made;
    return () => {
      attached.current = null;
      setHelp(null);
      made?.dispose();
    };
  }, [model, workspace, props.language, path === undefined]);
  const opened = useRef(path);
  useEffect(() => {
    if (opened.current === path) return;
    opened.current = path;
    attached.current?.reopen();
  }, [path]);

  return (
    <div className="flex h-full min-h-0 w-full flex-col">
      <div className="relative min-h-0 w-full flex-1">
        <div ref={host} className="absolute inset-0" />
        {visits.length > 0 && (
          <SourceView
            visits={visits}
            onVisit={visit}
            onBack={back}
            onClose={() => {
              leave();
              editor?.focus();
            }}
          />
        )}
      </div>
      {status && <Status editor={editor} model={model} vim={vim} help={help} language={props.language} />}
    </div>
  );
}

/** Ctrl+Alt with an arrow adds a cursor on every system; by itself Monaco has other keys on Linux. */
function addCursorKeys(editor: monaco.editor.IStandaloneCodeEditor): void {
  const { CtrlCmd, Alt } = monaco.KeyMod;
  const add = (action: string) => () => void editor.getAction(action)?.run();
  editor.addCommand(CtrlCmd | Alt | monaco.KeyCode.UpArrow, add("editor.action.insertCursorAbove"));
  editor.addCommand(CtrlCmd | Alt | monaco.KeyCode.DownArrow, add("editor.action.insertCursorBelow"));
}

/** How long saving waits for a formatter. */
const PATIENCE_MS = 5_000;

/** Formats where somebody formats this language and the person wants it; a failure does not keep from saving. */
async function formatBeforeSave(
  editor: monaco.editor.IStandaloneCodeEditor,
  { readOnly }: CodeEditorProps,
): Promise<void> {
  if (readOnly || !editorPreferences().formatOnSave) return;
  const action = editor.getAction("editor.action.formatDocument");
  if (!action?.isSupported()) return;
  const patience = new Promise((end) => setTimeout(end, PATIENCE_MS));
  await Promise.race([action.run().catch(() => {}), patience]);
}

/** TypeScript finds imports by the place of the file: another language or another folder is another place. */
function placeOf({ help, language }: CodeEditorProps): string | null {
  return help && language === "typescript" ? help.path.slice(0, help.path.lastIndexOf("/") + 1) : null;
}

function newModel(text: string, props: CodeEditorProps): monaco.editor.ITextModel {
  const { help, language } = props;
  const uri = placeOf(props) !== null && help ? monaco.Uri.parse(placeInNewWorld(help.path)) : undefined;
  return monaco.editor.createModel(text, language, uri);
}

function setProblemMarkers(model: monaco.editor.ITextModel, markers: readonly Marker[]): void {
  monaco.editor.setModelMarkers(
    model,
    "postmill",
    markers.map((marker) => ({
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
}
