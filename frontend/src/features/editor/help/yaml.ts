import { parseAllDocuments } from "yaml";
import { monaco } from "../monaco";

const SOURCE = "yaml";
const PAUSE_MS = 250;
const MOST = 50;

/** Marks what is no YAML, whenever typing rests; ends with the returned function. */
export function watchYaml(model: monaco.editor.ITextModel): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const markers = yamlProblems(model.getValue()).map(({ message, start, end, error }) => {
      const from = model.getPositionAt(start);
      const to = model.getPositionAt(Math.max(end, start + 1));
      return {
        message,
        severity: error ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
        startLineNumber: from.lineNumber,
        startColumn: from.column,
        endLineNumber: to.lineNumber,
        endColumn: to.column,
      };
    });
    monaco.editor.setModelMarkers(model, SOURCE, markers);
  };
  const listening = model.onDidChangeContent(() => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  look();
  return () => {
    clearTimeout(timer);
    listening.dispose();
    if (!model.isDisposed()) monaco.editor.setModelMarkers(model, SOURCE, []);
  };
}

type Problem = { message: string; start: number; end: number; error: boolean };

/** Mistakes and warnings of a YAML text, with offsets in it. */
export function yamlProblems(text: string): Problem[] {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  const found = (Array.isArray(documents) ? documents : []).flatMap((document) => [
    ...document.errors.map((problem) => ({ problem, error: true })),
    ...document.warnings.map((problem) => ({ problem, error: false })),
  ]);
  return found.slice(0, MOST).map(({ problem, error }) => ({
    message: problem.message,
    start: problem.pos[0],
    end: problem.pos[1],
    error,
  }));
}
