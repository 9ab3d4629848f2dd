import { post } from "@/api/client";
import { monaco } from "../monaco";
import type { HelpState } from "./server";

export type DatabaseColumn = {
  table_schema: string;
  table_name: string | null;
  column_name: string | null;
  data_type: string | null;
};

/** Whose database a query asks: the path of a resource, and the language that reaches it. */
export type DatabaseTarget = { workspace: string; language: string; resource: string };

const MONACO_LANGUAGES = ["sql", "pgsql", "mysql"];
const KEEP_MS = 5 * 60_000;

const targets = new Map<string, () => DatabaseTarget | null>();
const schemas = new Map<string, { at: number; columns: Promise<DatabaseColumn[]> }>();

/** The columns of a database: asked for once in a while by an ordinary run, with the caller's rights. */
function columnsOf({ workspace, language, resource }: DatabaseTarget): Promise<DatabaseColumn[]> {
  const key = `${workspace}:${language}:${resource}`;
  const known = schemas.get(key);
  if (known && Date.now() - known.at < KEEP_MS) return known.columns;
  const columns = post<DatabaseColumn[]>(`/w/${workspace}/jobs/run_wait_result/database_schema`, {
    language,
    resource,
  }).catch(() => []);
  schemas.set(key, { at: Date.now(), columns });
  return columns;
}

export type SqlSuggestion = { label: string; kind: "table" | "column" | "schema"; detail: string };

/** The tables that a query names, by the words behind from, join, into and update, with their aliases. */
export function tablesIn(query: string): Map<string, string> {
  const found = new Map<string, string>();
  const pattern =
    /\b(?:from|join|into|update)\s+((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))*)(?:\s+(?:as\s+)?([a-z_]\w*))?/gi;
  for (const [, name = "", alias] of query.matchAll(pattern)) {
    const table = (name.split(".").pop() ?? "").replaceAll('"', "").toLowerCase();
    found.set(table, table);
    if (alias && !/^(where|on|left|right|inner|join|set|order|group|limit|values|cross)$/i.test(alias)) {
      found.set(alias.toLowerCase(), table);
    }
  }
  return found;
}

/** What fits at a place: columns behind `table.`, else the tables, and the columns of those that the query names. */
export function suggestionsFor(
  query: string,
  before: string,
  columns: readonly DatabaseColumn[],
): SqlSuggestion[] {
  const tables = tablesIn(query);
  const owner = /([\w$]+|"[^"]+")\.\w*$/.exec(before)?.[1]?.replaceAll('"', "").toLowerCase();
  const column = (one: DatabaseColumn): SqlSuggestion => ({
    label: one.column_name ?? "",
    kind: "column",
    detail: `${one.data_type ?? ""} · ${one.table_name ?? ""}`,
  });
  const ofTable = (name: string) =>
    columns.filter((one) => one.table_name?.toLowerCase() === name && one.column_name);
  const tableNames = (rows: readonly DatabaseColumn[]): SqlSuggestion[] =>
    [...new Map(rows.map((one) => [one.table_name, one])).values()]
      .filter((one) => one.table_name)
      .map((one) => ({ label: one.table_name ?? "", kind: "table", detail: one.table_schema }));
  if (owner) {
    const inSchema = columns.filter((one) => one.table_schema.toLowerCase() === owner);
    if (inSchema.length > 0) return tableNames(inSchema);
    return ofTable(tables.get(owner) ?? owner).map(column);
  }
  const schemaNames: SqlSuggestion[] = [...new Set(columns.map((one) => one.table_schema))].map((name) => ({
    label: name,
    kind: "schema",
    detail: "schema",
  }));
  const named = [...new Set(tables.values())].flatMap((name) => ofTable(name).map(column));
  return [...named, ...tableNames(columns), ...schemaNames];
}

let registered = false;

function register(): void {
  if (registered) return;
  registered = true;
  const { CompletionItemKind } = monaco.languages;
  const kinds = {
    table: CompletionItemKind.Struct,
    column: CompletionItemKind.Field,
    schema: CompletionItemKind.Module,
  };
  for (const language of MONACO_LANGUAGES) {
    monaco.languages.registerCompletionItemProvider(language, {
      triggerCharacters: ["."],
      async provideCompletionItems(model, position) {
        const target = targets.get(model.uri.toString())?.();
        if (!target) return { suggestions: [] };
        const columns = await columnsOf(target);
        const word = model.getWordUntilPosition(position);
        const range = new monaco.Range(
          position.lineNumber,
          word.startColumn,
          position.lineNumber,
          position.column,
        );
        const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
        return {
          suggestions: suggestionsFor(model.getValue(), before, columns).map((one) => ({
            label: { label: one.label, description: one.detail },
            kind: kinds[one.kind],
            insertText: /^[a-z_][a-z0-9_$]*$/i.test(one.label) ? one.label : `"${one.label}"`,
            sortText: { column: "0", table: "1", schema: "2" }[one.kind] + one.label,
            range,
          })),
        };
      },
    });
  }
}

const LOOK_MS = 1_000;

/** What is known of the database, for the line below the code. */
function stateOf(target: DatabaseTarget | null, language: string | undefined): HelpState {
  const instead =
    language === "duckdb"
      ? { word: "No language help", sentence: "Colours, words of this text, and formatting on save." }
      : target
        ? { word: target.resource, sentence: "Tables and columns of this database are completed." }
        : {
            word: "No database",
            sentence:
              "Choose one in the form, or name it in the code (-- database f/folder/name): then its tables and columns are completed.",
          };
  return { connection: "open", reason: "", packages: null, instead };
}

/** Gives a query the tables and columns of its database, once there is one. */
export function attachSql(
  model: monaco.editor.ITextModel,
  database: () => DatabaseTarget | null,
  language: () => string | undefined,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } {
  register();
  const key = model.uri.toString();
  targets.set(key, database);
  let shown: string | null | undefined;
  const look = () => {
    const target = database();
    const resource = target?.resource ?? null;
    if (resource === shown) return;
    shown = resource;
    onState(stateOf(target, language()));
  };
  look();
  // It is chosen in the form or in the code, and neither tells.
  const timer = setInterval(look, LOOK_MS);
  return {
    reopen: look,
    dispose: () => {
      clearInterval(timer);
      targets.delete(key);
    },
  };
}
