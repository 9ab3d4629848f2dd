import * as monaco from "monaco-editor/editor.js";
import "monaco-editor/features/register.all.js";
import "monaco-editor/languages/definitions/python/register.js";
import "monaco-editor/languages/definitions/shell/register.js";
import "monaco-editor/languages/definitions/sql/register.js";
import "monaco-editor/languages/definitions/yaml/register.js";
import "monaco-editor/languages/definitions/html/register.js";
import "monaco-editor/languages/definitions/markdown/register.js";
import "monaco-editor/languages/definitions/go/register.js";
import "monaco-editor/languages/definitions/powershell/register.js";
import "monaco-editor/languages/definitions/typescript/register.js";
import "monaco-editor/languages/definitions/pgsql/register.js";
import "monaco-editor/languages/definitions/mysql/register.js";
import "monaco-editor/languages/definitions/graphql/register.js";
import "monaco-editor/languages/definitions/php/register.js";
import "monaco-editor/languages/definitions/rust/register.js";
import "monaco-editor/languages/definitions/csharp/register.js";
import "monaco-editor/languages/definitions/javascript/register.js";
import "monaco-editor/languages/features/json/register.js";
import "monaco-editor/languages/features/typescript/register.js";
import EditorWorker from "monaco-editor/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/languages/features/json/json.worker.js?worker";
import TypeScriptWorker from "./help/typescript.worker?worker";

// A worker is loaded when the first text of its language is opened.
self.MonacoEnvironment = {
  getWorker: (_id, label) => {
    if (label === "json") return new JsonWorker();
    if (label === "typescript" || label === "javascript") return new TypeScriptWorker();
    return new EditorWorker();
  },
};

// Browser tests and browser extensions reach the editor through window.monaco.
Object.assign(self, { monaco });

/** Shows a place in another text than the editor's own. */
export type OpenPlace = (uri: monaco.Uri, place: monaco.IRange | null) => void;

const openers = new WeakMap<monaco.editor.ICodeEditor, OpenPlace>();

/** Says what an editor does when a definition or a reference leads to another text. */
export function onOpenPlace(editor: monaco.editor.ICodeEditor, open: OpenPlace): void {
  openers.set(editor, open);
}

monaco.editor.registerEditorOpener({
  openCodeEditor: (source, uri, at) => {
    const open = openers.get(source);
    // Within its own text the editor goes there by itself.
    if (!open || source.getModel()?.uri.toString() === uri.toString()) return false;
    const place = at && "lineNumber" in at ? monaco.Range.fromPositions(at) : (at ?? null);
    open(uri, place);
    return true;
  },
});

/** A colour of the page as six digits: minified style sheets shorten it to three, which Monaco refuses. */
function style(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return /^#[0-9a-f]{3}$/i.test(value) ? value.replace(/[0-9a-f]/gi, "$&$&") : value;
}

/** The editor's themes take their colours from the page, so that both change together. */
function defineThemes(): void {
  const dark = document.documentElement.classList.contains("dark");
  monaco.editor.defineTheme(dark ? "postmill-dark" : "postmill-light", {
    base: dark ? "vs-dark" : "vs",
    inherit: true,
    rules: [],
    colors: {
      "editor.background": style("--surface"),
      "editorGutter.background": style("--surface"),
      "editor.lineHighlightBackground": style("--hover"),
      "editor.lineHighlightBorder": "#00000000",
      "editorLineNumber.foreground": style("--faint"),
      "editorLineNumber.dimmedForeground": style("--faint"),
      "editorLineNumber.activeForeground": style("--text"),
      "editorWidget.background": style("--raised"),
      "editorWidget.border": style("--line"),
      "editorIndentGuide.background1": style("--line"),
      "scrollbar.shadow": "#00000000",
      "peekView.border": style("--line-strong"),
      "peekViewTitle.background": style("--raised"),
      "peekViewTitleLabel.foreground": style("--text"),
      "peekViewTitleDescription.foreground": style("--muted"),
      "peekViewResult.background": style("--raised"),
      "peekViewResult.selectionBackground": style("--accent-soft"),
      "peekViewResult.selectionForeground": style("--text"),
      "peekViewEditor.background": style("--canvas"),
      "peekViewEditorGutter.background": style("--canvas"),
      "quickInput.background": style("--raised"),
      "quickInputList.focusBackground": style("--accent-soft"),
      "quickInputList.focusForeground": style("--text"),
      "quickInputList.focusIconForeground": style("--text"),
      "editor.rangeHighlightBackground": style("--hover"),
      focusBorder: "#00000000",
    },
  });
}

export function applyTheme(dark: boolean): void {
  defineThemes();
  monaco.editor.setTheme(dark ? "postmill-dark" : "postmill-light");
}

export const EDITOR_OPTIONS: monaco.editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  fontFamily: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSize: 13,
  lineHeight: 20,
  fontLigatures: false,
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  padding: { top: 12, bottom: 12 },
  renderLineHighlight: "line",
  smoothScrolling: true,
  tabSize: 4,
  insertSpaces: true,
  overviewRulerBorder: false,
  overviewRulerLanes: 2,
  stickyScroll: { enabled: false },
  scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
  fixedOverflowWidgets: true,
  quickSuggestions: { other: true, comments: false, strings: false },
  suggest: { showStatusBar: true, preview: false },
  bracketPairColorization: { enabled: true },
  linkedEditing: true,
  accessibilitySupport: "auto",
};

export { monaco };
