import { monaco } from "../monaco";
import {
  type ConnectionState,
  HelpConnection,
  type HelpEvent,
  type Position,
  type Range,
} from "./connection";
import { completionKind, fromRange, toMarker, toPosition, toRange } from "./convert";

export type HelpTarget = {
  workspace: string;
  path: string;
  /** For queries: the server's name of the language, and the path of the resource that they ask. */
  language?: string;
  database?: () => string | null;
};
export type PackagesState = Omit<Extract<HelpEvent, { event: "packages" }>, "event"> & {
  /** The program that only checks, where there is no more help than that. */
  checker?: string;
};
export type HelpState = { connection: ConnectionState; reason: string; packages: PackagesState | null };

type Item = {
  index: number;
  label: string;
  kind?: number;
  detail?: string;
  description?: string;
  documentation?: string;
  sortText?: string;
  filterText?: string;
  insertText?: string;
  range?: Range;
  tags?: number[];
  additionalTextEdits?: { range: Range; newText: string }[];
};
type Indexed = monaco.languages.CompletionItem & { index: number; of: string };
type Place = { name: string; range: Range };

const helpers = new Map<string, HelpConnection>();
const of = (model: monaco.editor.ITextModel) => helpers.get(model.uri.toString());

let registered = false;

/** Gives a Python model the help of the workspace's language server, until the returned function is called. */
export function attachPython(
  model: monaco.editor.ITextModel,
  target: () => HelpTarget,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } {
  register();
  const key = model.uri.toString();
  let state: HelpState = { connection: "connecting", reason: "", packages: null };
  const tell = (change: Partial<HelpState>) => {
    state = { ...state, ...change };
    onState(state);
  };
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const connection = new HelpConnection({
    url: `${scheme}://${window.location.host}/api/w/${target().workspace}/language_help/python`,
    document: () => ({ path: target().path, text: model.getValue() }),
    onState: (changed, reason) => tell({ connection: changed, reason }),
    onEvent: (event) => {
      if (event.event === "packages") {
        tell({ packages: { state: event.state, message: event.message, modules: event.modules } });
      } else if (!model.isDisposed()) {
        const markers = event.items.map((item) => toMarker(item, event.source));
        monaco.editor.setModelMarkers(model, event.source, markers);
      }
    },
  });
  helpers.set(key, connection);
  const listening = model.onDidChangeContent((event) => {
    // Its changes are in the coordinates before all of them, the last first: each can be applied after the other.
    connection.change(event.changes.map((change) => ({ range: toRange(change.range), text: change.text })));
  });
  return {
    reopen: () => connection.reopen(),
    dispose: () => {
      listening.dispose();
      helpers.delete(key);
      connection.close();
      if (model.isDisposed()) return;
      for (const source of ["pyright", "ruff"]) monaco.editor.setModelMarkers(model, source, []);
    },
  };
}

function register(): void {
  if (registered) return;
  registered = true;
  const { languages } = monaco;
  languages.registerCompletionItemProvider("python", {
    triggerCharacters: [".", "[", '"', "'"],
    async provideCompletionItems(model, position, context) {
      const found = await ask<{ items: Item[]; incomplete: boolean }>(model, "completion", position, context);
      if (!found) return { suggestions: [] };
      const word = model.getWordUntilPosition(position);
      const around = new monaco.Range(
        position.lineNumber,
        word.startColumn,
        position.lineNumber,
        position.column,
      );
      return {
        incomplete: found.incomplete,
        suggestions: found.items.map((item) => suggestion(item, around, model.uri.toString())),
      };
    },
    async resolveCompletionItem(item) {
      const { index, of: model } = item as Indexed;
      const found = await helpers.get(model)?.request<Item>("resolve", { index });
      return found && found.label === labelOf(item) ? { ...item, ...described(found) } : item;
    },
  });
  languages.registerHoverProvider("python", {
    async provideHover(model, position) {
      const found = await ask<{ text: string; range?: Range }>(model, "hover", position);
      if (!found?.text) return null;
      return {
        contents: [{ value: found.text }],
        ...(found.range ? { range: fromRange(found.range) } : {}),
      };
    },
  });
  languages.registerSignatureHelpProvider("python", {
    signatureHelpTriggerCharacters: ["(", ","],
    signatureHelpRetriggerCharacters: [")"],
    async provideSignatureHelp(model, position, _token, context) {
      const value = await ask<monaco.languages.SignatureHelp>(model, "signature", position, context);
      return value && value.signatures.length > 0 ? { value, dispose: () => {} } : null;
    },
  });
  languages.registerDefinitionProvider("python", {
    async provideDefinition(model, position) {
      const places = (await ask<Place[]>(model, "definition", position)) ?? [];
      const found = await Promise.all(places.map((place) => location(model, place)));
      return found.filter((one) => one !== null);
    },
  });
  languages.registerDocumentFormattingEditProvider("python", {
    displayName: "ruff",
    async provideDocumentFormattingEdits(model) {
      const edits = await of(model)?.request<{ range: Range; newText: string }[]>("format");
      return (edits ?? []).map((edit) => ({ range: fromRange(edit.range), text: edit.newText }));
    },
  });
}

async function ask<T>(
  model: monaco.editor.ITextModel,
  method: string,
  at: monaco.Position,
  context?: { triggerCharacter?: string },
): Promise<T | null> {
  const params: { position: Position; trigger?: string } = { position: toPosition(at) };
  if (context?.triggerCharacter) params.trigger = context.triggerCharacter;
  return (await of(model)?.request<T>(method, params)) ?? null;
}

function labelOf(item: monaco.languages.CompletionItem): string {
  return typeof item.label === "string" ? item.label : item.label.label;
}

function described(item: Item): Partial<monaco.languages.CompletionItem> {
  return {
    ...(item.detail ? { detail: item.detail } : {}),
    ...(item.documentation ? { documentation: { value: item.documentation } } : {}),
    ...(item.additionalTextEdits
      ? {
          additionalTextEdits: item.additionalTextEdits.map((edit) => ({
            range: fromRange(edit.range),
            text: edit.newText,
          })),
        }
      : {}),
  };
}

function suggestion(item: Item, around: monaco.IRange, model: string): Indexed {
  return {
    index: item.index,
    of: model,
    label: item.description ? { label: item.label, description: item.description } : item.label,
    kind: completionKind(item.kind, monaco.languages.CompletionItemKind),
    insertText: item.insertText ?? item.label,
    range: item.range ? fromRange(item.range) : around,
    sortText: item.sortText,
    filterText: item.filterText,
    tags: item.tags as monaco.languages.CompletionItemTag[],
    ...described(item),
  };
}

/** Where a definition is: in the text itself, or in a file that is fetched to be looked at. */
async function location(
  model: monaco.editor.ITextModel,
  place: Place,
): Promise<monaco.languages.Location | null> {
  if (place.name === "self") return { uri: model.uri, range: fromRange(place.range) };
  const uri = monaco.Uri.from({ scheme: "postmill", path: `/${place.name.replace(":", "/")}.py` });
  const found = await of(model)?.request<{ text: string }>("source", { name: place.name });
  if (!found) return null;
  const shown = monaco.editor.getModel(uri);
  if (shown) shown.setValue(found.text);
  else monaco.editor.createModel(found.text, "python", uri);
  return { uri, range: fromRange(place.range) };
}
