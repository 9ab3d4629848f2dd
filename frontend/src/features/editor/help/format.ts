import { post } from "@/api/client";
import { monaco } from "../monaco";
import type { HelpTarget } from "./server";

/** Formats a text; null where it cannot be. */
type Format = (
  text: string,
  options: monaco.languages.FormattingOptions,
  target: HelpTarget | null,
) => Promise<string | null>;

/** The names that the server has for dialects of SQL, as the formatter calls them. */
const DIALECTS: Record<string, string> = {
  postgresql: "postgresql",
  mysql: "mysql",
  mssql: "transactsql",
  bigquery: "bigquery",
  snowflake: "snowflake",
  oracledb: "plsql",
  duckdb: "duckdb",
};
const SQL_OF_EDITOR: Record<string, string> = { pgsql: "postgresql", mysql: "mysql" };

const solid = (text: string) => text.replace(/\s+/g, "");

async function sql(text: string, dialect: string, tabWidth: number): Promise<string | null> {
  const formatter = await import("sql-formatter");
  const known = formatter[dialect as keyof typeof formatter] as Parameters<
    typeof formatter.formatDialect
  >[1]["dialect"];
  const formatted = formatter.formatDialect(text, {
    dialect: known ?? formatter.sql,
    tabWidth,
    keywordCase: "preserve",
    linesBetweenQueries: 1,
    // Arguments that stand in the text for a name: %%table%%.
    paramTypes: {
      custom: [{ regex: "%%\\w+%%" }],
      ...(dialect === "duckdb" ? { named: ["$"] as const } : {}),
    },
  });
  // Only the space between the words may change: what the formatter reads otherwise stays as it is.
  return solid(formatted) === solid(text) ? `${formatted.trimEnd()}\n` : null;
}

const prettier = async (text: string, parser: "graphql" | "yaml", tabWidth: number) => {
  const [{ format }, plugin] = await Promise.all([
    import("prettier/standalone"),
    parser === "graphql" ? import("prettier/plugins/graphql") : import("prettier/plugins/yaml"),
  ]);
  return format(text, { parser, plugins: [plugin], tabWidth, printWidth: 100 });
};

const onServer =
  (language: "bash" | "go"): Format =>
  async (code, { insertSpaces, tabSize }, target) => {
    if (!target) return null;
    const indent = insertSpaces ? Math.min(tabSize, 16) : 0;
    const body = { language, code, indent };
    return (await post<{ code: string }>(`/w/${target.workspace}/language_help/format`, body)).code;
  };

const FORMATS: Record<string, { name: string; format: Format }> = {
  shell: { name: "shfmt", format: onServer("bash") },
  go: { name: "gofmt", format: onServer("go") },
  graphql: { name: "prettier", format: (text, { tabSize }) => prettier(text, "graphql", tabSize) },
  yaml: { name: "prettier", format: (text) => prettier(text, "yaml", 2) },
  ...Object.fromEntries(
    ["sql", "pgsql", "mysql"].map((language) => [
      language,
      {
        name: "sql-formatter",
        format: (text: string, { tabSize }: monaco.languages.FormattingOptions, target: HelpTarget | null) =>
          sql(text, DIALECTS[target?.language ?? ""] ?? SQL_OF_EDITOR[language] ?? "sql", tabSize),
      },
    ]),
  ),
};

const targets = new Map<string, () => HelpTarget | undefined>();
let registered = false;

/** Says whose script a text is: some formatters run on the server, or depend on the database. */
export function formatFor(model: monaco.editor.ITextModel, target: () => HelpTarget | undefined): () => void {
  register();
  const key = model.uri.toString();
  targets.set(key, target);
  return () => void targets.delete(key);
}

function register(): void {
  if (registered) return;
  registered = true;
  for (const [language, { name, format }] of Object.entries(FORMATS)) {
    monaco.languages.registerDocumentFormattingEditProvider(language, {
      displayName: name,
      async provideDocumentFormattingEdits(model, options) {
        const text = model.getValue();
        const target = targets.get(model.uri.toString())?.() ?? null;
        // What does not parse stays as it is: the checks say what is wrong.
        const formatted = await format(text, options, target).catch(() => null);
        if (formatted === null || formatted === text || model.getValue() !== text) return [];
        return [{ range: model.getFullModelRange(), text: formatted }];
      },
    });
  }
}
