import { monaco } from "./monaco";

/** What the parts around an editor may do with it. */
export type EditorHandle = {
  /** Puts text where the cursor is, over what is selected; `imports` are lines that must stand at the top. */
  insert: (text: string, imports?: readonly string[]) => void;
  focus: () => void;
  reveal: (line: number) => void;
};

/** Whether a line of imports stands in the code already, in Go also within a group of them. */
function isImported(content: string, line: string): boolean {
  const wanted = line.startsWith('import "') ? line.slice("import ".length) : line;
  return content.split("\n").some((known) => known === line || known.trim() === wanted);
}

/** Where imports go: at the top, behind the comments that begin a script; in Go behind the name of the package. */
function importLine(content: string, language: string): number {
  const lines = content.split("\n");
  if (language === "go") return lines.findIndex((line) => /^package\s/.test(line)) + 2;
  const comment = { python: /^#/, typescript: /^\/\// }[language];
  const first = comment ? lines.findIndex((line) => !comment.test(line)) : 0;
  return Math.max(0, first) + 1;
}

/** An editor as the parts around it know it. */
export function handleOf(editor: monaco.editor.IStandaloneCodeEditor): EditorHandle {
  return {
    insert: (text, imports = []) => {
      const model = editor.getModel();
      const selection = editor.getSelection();
      if (!model || !selection) return;
      const content = model.getValue();
      const lines = imports.filter((line) => !isImported(content, line));
      const line = importLine(content, model.getLanguageId());
      const top = new monaco.Range(line, 1, line, 1);
      const head = lines.length > 0 ? `${lines.join("\n")}\n` : "";
      // At one place two edits would stand in each other's line.
      const together = head !== "" && selection.containsRange(top);
      editor.pushUndoStop();
      editor.executeEdits(
        "insert",
        together
          ? [{ range: selection, text: head + text, forceMoveMarkers: true }]
          : [
              ...(text ? [{ range: selection, text, forceMoveMarkers: true }] : []),
              ...(head ? [{ range: top, text: head }] : []),
            ],
      );
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
