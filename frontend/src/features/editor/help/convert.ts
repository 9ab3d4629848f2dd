import type { monaco } from "../monaco";
import type { Diagnostic, Position, Range } from "./connection";

export function toPosition(at: { lineNumber: number; column: number }): Position {
  return { line: at.lineNumber - 1, character: at.column - 1 };
}

export function toRange(range: monaco.IRange): Range {
  return {
    start: { line: range.startLineNumber - 1, character: range.startColumn - 1 },
    end: { line: range.endLineNumber - 1, character: range.endColumn - 1 },
  };
}

export function fromRange(range: Range): monaco.IRange {
  return {
    startLineNumber: range.start.line + 1,
    startColumn: range.start.character + 1,
    endLineNumber: range.end.line + 1,
    endColumn: range.end.character + 1,
  };
}

/** Completion kinds of language servers, in their order from 1, as names of Monaco's. */
const KINDS = [
  "Text",
  "Method",
  "Function",
  "Constructor",
  "Field",
  "Variable",
  "Class",
  "Interface",
  "Module",
  "Property",
  "Unit",
  "Value",
  "Enum",
  "Keyword",
  "Snippet",
  "Color",
  "File",
  "Reference",
  "Folder",
  "EnumMember",
  "Constant",
  "Struct",
  "Event",
  "Operator",
  "TypeParameter",
] as const;

export function completionKind(
  kind: number | undefined,
  kinds: typeof monaco.languages.CompletionItemKind,
): monaco.languages.CompletionItemKind {
  return kinds[KINDS[(kind ?? 1) - 1] ?? "Text"];
}

/** Error, warning, information, hint: counted from 1 there, by weight here. */
const SEVERITIES = [8, 4, 2, 1] as const;

export function toMarker(item: Diagnostic, source: string): monaco.editor.IMarkerData {
  return {
    ...fromRange(item.range),
    message: item.message,
    severity: SEVERITIES[item.severity - 1] ?? 8,
    source,
    ...(item.code ? { code: item.code } : {}),
    tags: item.tags as monaco.MarkerTag[],
  };
}
