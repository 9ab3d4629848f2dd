import { lazy, Suspense } from "react";
import type { Marker } from "@/features/editor/code-editor";
import type { EditorHandle } from "@/features/editor/handle";
import type { HelpTarget } from "@/features/editor/help/attach";
import { Skeleton } from "@/ui/states";
import { InsertPanel } from "./insert-panel";

// Asked for as soon as the page is, not when the script has been read.
const codeEditor = import("@/features/editor/code-editor");
const CodeEditor = lazy(() => codeEditor);
const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

/** What the editor was last told to show; every telling has a number of its own. */
export type Shown = { text: string; turn: number };

type CodeSideProps = {
  workspace: string;
  /** The server's name of the language, and the editor's. */
  scriptLanguage: string;
  language: string;
  label: string;
  shown: Shown;
  /** With it two texts stand side by side: this one, and what is written. */
  before: string | null;
  code: () => string;
  markers: readonly Marker[];
  help: HelpTarget | undefined;
  inserting: boolean;
  onValue: (text: string) => void;
  onRun: () => void;
  onSave: () => void;
  onReady: (handle: EditorHandle) => void;
  onInsert: (what: { text: string; imports?: readonly string[] }) => void;
  onInserted: () => void;
};

/** The code: written, or compared with what is deployed; beside it what can be inserted. */
export function CodeSide(props: CodeSideProps) {
  const { workspace, language, label, shown, before } = props;
  return (
    <div className="flex min-h-0 flex-1 bg-surface">
      <div className="min-h-0 min-w-0 flex-1">
        <Suspense fallback={<Skeleton className="m-3 h-[calc(100%-24px)]" />}>
          {before !== null ? (
            <DiffEditor
              before={before}
              after={props.code()}
              language={language}
              onValue={props.onValue}
              onRun={props.onRun}
              onSave={props.onSave}
              onReady={props.onReady}
              label={label}
            />
          ) : (
            <CodeEditor
              value={shown.text}
              turn={shown.turn}
              language={language}
              onValue={props.onValue}
              onRun={props.onRun}
              onSave={props.onSave}
              markers={props.markers}
              label={label}
              help={props.help}
              onReady={props.onReady}
            />
          )}
        </Suspense>
      </div>
      {props.inserting && (
        <InsertPanel
          workspace={workspace}
          language={props.scriptLanguage}
          onInsert={props.onInsert}
          onClose={props.onInserted}
        />
      )}
    </div>
  );
}
