import { useEffect, useRef, useState } from "react";
import { useDark } from "@/ui/theme";
import { attachHelp, type HelpState, type HelpTarget } from "./help/attach";
import { applyTheme, EDITOR_OPTIONS, monaco } from "./monaco";
import { editorPreferences, useEditorPreferences } from "./preferences";
import { type Cursor, type Problems, StatusBar } from "./status-bar";

export type Marker = { message: string; line: number; column: number };

/** What the parts around an editor may do with it. */
export type EditorHandle = {
  /** Puts text where the cursor is, over what is selected; `imports` are lines that must stand at the top. */
  insert: (text: string, imports?: readonly string[]) => void;
  focus: () => void;
  reveal: (line: number) => void;
};

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

/** Monaco. Keystrokes stay inside it: React hears of the text, but does not write it back. */
export default function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const vim = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = useDark();
  const preferences = useEditorPreferences();
  const [help, setHelp] = useState<HelpState | null>(null);
  const status = !props.small && !props.readOnly;

  useEffect(() => {
    if (!host.current) return;
    applyTheme(document.documentElement.classList.contains("dark"));
    const { value, language, readOnly, label, small } = latest.current;
    const model = monaco.editor.createModel(value, language, fileOf(latest.current));
    const made = monaco.editor.create(host.current, {
      ...EDITOR_OPTIONS,
      model,
      readOnly,
      ariaLabel: label,
      ...(small ? SMALL : {}),
    });
    model.onDidChangeContent(() => latest.current.onValue?.(model.getValue()));
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun?.());
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => {
      void formatBeforeSave(made, latest.current).then(() => latest.current.onSave?.());
    });
    setEditor(made);
    latest.current.onReady?.(handleOf(made));
    return () => {
      setEditor(null);
      made.dispose();
      model.dispose();
    };
  }, []);

  useEffect(() => applyTheme(dark), [dark]);

  useEffect(() => {
    const model = editor?.getModel();
    if (model && model.getLanguageId() !== props.language)
      monaco.editor.setModelLanguage(model, props.language);
  }, [editor, props.language]);

  useEffect(() => {
    const model = editor?.getModel();
    if (model && model.getValue() !== props.value) model.setValue(props.value);
  }, [editor, props.value]);

  useEffect(() => {
    editor?.updateOptions({
      readOnly: props.readOnly,
      wordWrap: preferences.wordWrap ? "on" : "off",
      minimap: { enabled: preferences.minimap && !props.small },
    });
  }, [editor, props.readOnly, props.small, preferences]);

  useEffect(() => {
    const model = editor?.getModel();
    if (model) setProblemMarkers(model, props.markers ?? []);
  }, [editor, props.markers]);

  // JSON is checked by Monaco itself; what checks YAML is loaded with the first text of it.
  useEffect(() => {
    const model = editor?.getModel();
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
  }, [editor, props.language]);

  // Vim is loaded when somebody wants it.
  useEffect(() => {
    if (!editor || !status || !preferences.vim) return;
    let end: (() => void) | null = null;
    let gone = false;
    void import("./vim").then(({ startVim }) => {
      if (!gone && vim.current) end = startVim(editor, vim.current);
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
    const model = editor?.getModel();
    if (!model || !workspace || !path) return;
    const target = () => latest.current.help ?? { workspace, path };
    const made = attachHelp(model, props.language, target, setHelp);
    attached.current = made;
    return () => {
      attached.current = null;
      setHelp(null);
      made?.dispose();
    };
  }, [editor, workspace, props.language, path === undefined]);
  const opened = useRef(path);
  useEffect(() => {
    if (opened.current === path) return;
    opened.current = path;
    attached.current?.reopen();
  }, [path]);

  return (
    <div className="flex h-full min-h-0 w-full flex-col">
      <div ref={host} className="min-h-0 w-full flex-1" />
      {status && <Status editor={editor} vim={vim} help={help} language={props.language} />}
    </div>
  );
}

type StatusProps = {
  editor: monaco.editor.IStandaloneCodeEditor | null;
  vim: React.Ref<HTMLDivElement>;
  help: HelpState | null;
  language: string;
};

/** Follows the cursor by itself, so that moving it does not draw the editor again. */
function Status({ editor, vim, help, language }: StatusProps) {
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

/** Formats where somebody formats this language and the person wants it; a failure does not keep from saving. */
async function formatBeforeSave(
  editor: monaco.editor.IStandaloneCodeEditor,
  { readOnly }: CodeEditorProps,
): Promise<void> {
  if (readOnly || !editorPreferences().formatOnSave) return;
  const action = editor.getAction("editor.action.formatDocument");
  if (action?.isSupported()) await action.run().catch(() => {});
}

/** TypeScript finds imports by the place of the file; a second editor of the same script has no place. */
function fileOf({ help, language }: CodeEditorProps): monaco.Uri | undefined {
  if (!help || language !== "typescript") return undefined;
  const uri = monaco.Uri.parse(`file:///${help.path}.ts`);
  return monaco.editor.getModel(uri) ? undefined : uri;
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

/** Whether a line of imports stands in the code already, in Go also within a group of them. */
function isImported(content: string, line: string): boolean {
  const wanted = line.startsWith('import "') ? line.slice("import ".length) : line;
  return content.split("\n").some((known) => known === line || known.trim() === wanted);
}

/** Where imports go: at the top, in Go behind the line that names the package. */
function importLine(content: string, language: string): number {
  if (language !== "go") return 1;
  return content.split("\n").findIndex((line) => /^package\s/.test(line)) + 2;
}

function handleOf(editor: monaco.editor.IStandaloneCodeEditor): EditorHandle {
  return {
    insert: (text, imports = []) => {
      const model = editor.getModel();
      const selection = editor.getSelection();
      if (!model || !selection) return;
      const content = model.getValue();
      const lines = imports.filter((line) => !isImported(content, line));
      const line = importLine(content, model.getLanguageId());
      const top = new monaco.Range(line, 1, line, 1);
      editor.pushUndoStop();
      editor.executeEdits("insert", [
        ...(text ? [{ range: selection, text, forceMoveMarkers: true }] : []),
        ...(lines.length > 0 ? [{ range: top, text: `${lines.join("\n")}\n` }] : []),
      ]);
      editor.pushUndoStop();
      editor.focus();
    },
    focus: () => editor.focus(),
    reveal: (line) => {
      editor.revealLineInCenter(line);
      editor.setPosition({ lineNumber: line, column: 1 });
      editor.focus();
    },
  };
}
