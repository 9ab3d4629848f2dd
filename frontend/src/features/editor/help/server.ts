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
  /** Where scripts know nothing of each other. */
  alone?: boolean;
};
export type HelpState = {
  connection: ConnectionState;
  reason: string;
  packages: PackagesState | null;
  /** Where no server helps: what there is instead, in a word and a sentence. */
  instead?: { word: string; sentence: string };
};

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
  additionalTextEdits?: Edit[];
};
type Edit = { range: Range; newText: string };
type DeclaredSymbol = {
  name: string;
  detail: string;
  kind: number;
  range: Range;
  selectionRange: Range;
  children: DeclaredSymbol[];
};
type Indexed = monaco.languages.CompletionItem & { index: number; of: string };
type Place = { name: string; range: Range };

/** Who answers for a text: the connection of the editor, and the server's name of the file. */
type Helper = { connection: HelpConnection; own: monaco.Uri; file: string };

const helpers = new Map<string, Helper>();
const helperOf = (model: monaco.editor.ITextModel) => helpers.get(model.uri.toString());
const of = (model: monaco.editor.ITextModel) => helperOf(model)?.connection;

/** A language with a server: how it is called, whom its problems come from, how its files end. */
type Kind = {
  language: string;
  server: string;
  sources: readonly string[];
  ending: string;
  triggers: string[];
  formatter?: string;
  alone?: boolean;
};
/** By the language of the editor; its name is also the end of the address. */
const KINDS: Record<"python" | "go", Kind> = {
  python: {
    language: "python",
    server: "basedpyright",
    sources: ["pyright", "ruff"],
    ending: ".py",
    triggers: [".", "[", '"', "'"],
    formatter: "ruff",
  },
  go: {
    language: "go",
    server: "gopls",
    sources: ["gopls"],
    ending: ".go",
    triggers: ["."],
    alone: true,
  },
};

const registered = new Set<Kind>();

/** Gives a model the help of its language's server, until the returned function is called. */
export function attachServer(
  model: monaco.editor.ITextModel,
  language: keyof typeof KINDS,
  target: () => HelpTarget,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } {
  const kind = KINDS[language];
  register(kind);
  const key = model.uri.toString();
  let state: HelpState = { connection: "connecting", reason: "", packages: null };
  const tell = (change: Partial<HelpState>) => {
    state = { ...state, ...change };
    onState(state);
  };
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const connection = new HelpConnection({
    url: `${scheme}://${window.location.host}/api/w/${target().workspace}/language_help/${language}`,
    document: () => ({ path: target().path, text: model.getValue() }),
    onState: (changed, reason) => tell({ connection: changed, reason }),
    onEvent: (event) => {
      if (event.event === "packages") {
        const { state: packages, message, modules } = event;
        tell({ packages: { state: packages, message, modules, alone: kind.alone } });
      } else if (!model.isDisposed()) {
        const markers = event.items.map((item) => toMarker(item, event.source));
        monaco.editor.setModelMarkers(model, event.source, markers);
      }
    },
  });
  helpers.set(key, { connection, own: model.uri, file: "self" });
  const listening = model.onDidChangeContent((event) => {
    // Its changes are in the coordinates before all of them, the last first: each can be applied after the other.
    connection.change(event.changes.map((change) => ({ range: toRange(change.range), text: change.text })));
  });
  return {
    reopen: () => connection.reopen(),
    dispose: () => {
      listening.dispose();
      for (const [uri, helper] of helpers) if (helper.connection === connection) helpers.delete(uri);
      connection.close();
      if (model.isDisposed()) return;
      for (const source of kind.sources) monaco.editor.setModelMarkers(model, source, []);
    },
  };
}

function register(kind: Kind): void {
  if (registered.has(kind)) return;
  registered.add(kind);
  const { languages } = monaco;
  const { language } = kind;
  languages.registerCompletionItemProvider(language, {
    triggerCharacters: kind.triggers,
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
      const found = await helpers.get(model)?.connection.request<Item>("resolve", { index });
      return found && found.label === labelOf(item) ? { ...item, ...described(found) } : item;
    },
  });
  languages.registerHoverProvider(language, {
    async provideHover(model, position) {
      const found = await ask<{ text: string; range?: Range }>(model, "hover", position);
      if (!found?.text) return null;
      return {
        contents: [{ value: found.text }],
        ...(found.range ? { range: fromRange(found.range) } : {}),
      };
    },
  });
  languages.registerSignatureHelpProvider(language, {
    signatureHelpTriggerCharacters: ["(", ","],
    signatureHelpRetriggerCharacters: [")"],
    async provideSignatureHelp(model, position, _token, context) {
      const value = await ask<monaco.languages.SignatureHelp>(model, "signature", position, context);
      return value && value.signatures.length > 0 ? { value, dispose: () => {} } : null;
    },
  });
  languages.registerDefinitionProvider(language, {
    async provideDefinition(model, position) {
      const places = (await ask<Place[]>(model, "definition", position)) ?? [];
      const found = await Promise.all(places.map((place) => location(model, place, kind)));
      return found.filter((one) => one !== null);
    },
  });
  languages.registerReferenceProvider(language, {
    async provideReferences(model, position) {
      const places = (await ask<Place[]>(model, "references", position)) ?? [];
      const found = await Promise.all(places.map((place) => location(model, place, kind)));
      return found.filter((one) => one !== null);
    },
  });
  languages.registerRenameProvider(language, {
    async provideRenameEdits(model, position, name) {
      const asked = of(model)?.ask<Edit[]>("rename", { position: toPosition(position), name });
      try {
        const edits = (await asked) ?? [];
        if (edits.length === 0) return { edits: [], rejectReason: "No name stands here" };
        return {
          edits: edits.map(({ range, newText }) => ({
            resource: model.uri,
            versionId: model.getVersionId(),
            textEdit: { range: fromRange(range), text: newText },
          })),
        };
      } catch (error) {
        return { edits: [], rejectReason: error instanceof Error ? error.message : "" };
      }
    },
  });
  languages.registerDocumentSymbolProvider(language, {
    displayName: kind.server,
    async provideDocumentSymbols(model) {
      const found = await ask<DeclaredSymbol[]>(model, "symbols", new monaco.Position(1, 1));
      return (found ?? []).map(symbol);
    },
  });
  // Go is formatted also where there is no server: see `format`.
  if (!kind.formatter) return;
  languages.registerDocumentFormattingEditProvider(language, {
    displayName: kind.formatter,
    async provideDocumentFormattingEdits(model) {
      const edits = await of(model)?.request<Edit[]>("format");
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
  const params: { position: Position; trigger?: string; file?: string } = { position: toPosition(at) };
  const helper = helperOf(model);
  if (helper && helper.file !== "self") params.file = helper.file;
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

/** Kinds of symbols are counted from 1 there, from 0 here, in the same order. */
function symbol(item: DeclaredSymbol): monaco.languages.DocumentSymbol {
  return {
    name: item.name,
    detail: item.detail,
    kind: item.kind - 1,
    tags: [],
    range: fromRange(item.range),
    selectionRange: fromRange(item.selectionRange),
    children: item.children.map(symbol),
  };
}

/** Where a definition is: in the text itself, or in a file that is fetched to be looked at. */
async function location(
  model: monaco.editor.ITextModel,
  place: Place,
  { ending, language }: Kind,
): Promise<monaco.languages.Location | null> {
  const helper = helperOf(model);
  if (!helper) return null;
  if (place.name === "self") return { uri: helper.own, range: fromRange(place.range) };
  const end = place.name.startsWith("script:") ? ending : "";
  const uri = monaco.Uri.from({ scheme: "postmill", path: `/${place.name.replace(":", "/")}${end}` });
  const found = await helper.connection.request<{ text: string }>("source", { name: place.name });
  if (!found) return null;
  // What it refers to is looked at in the same way.
  helpers.set(uri.toString(), { connection: helper.connection, own: helper.own, file: place.name });
  const shown = monaco.editor.getModel(uri);
  if (shown && shown.getValue() !== found.text) shown.setValue(found.text);
  if (!shown) monaco.editor.createModel(found.text, language, uri);
  return { uri, range: fromRange(place.range) };
}
