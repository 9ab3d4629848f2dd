/** What the side panel puts into the code: text at the cursor, and the imports it needs at the top. */
export type Snippet = { text: string; imports?: readonly string[] };

export type SnippetKind =
  | { kind: "variable"; path: string }
  | { kind: "resource"; path: string; type?: string }
  | { kind: "script"; path: string; args: readonly string[] }
  | { kind: "state" }
  | { kind: "log" }
  | { kind: "progress" };

const TS_CLIENT = 'import * as wmill from "windmill-client";';
const PYTHON_CLIENT = "import wmill";
const TYPESCRIPT = new Set(["bun", "deno", "nativets", "bunnative"]);

function python(what: SnippetKind): Snippet {
  const imports = [PYTHON_CLIENT];
  switch (what.kind) {
    case "variable":
      return { text: `wmill.get_variable("${what.path}")`, imports };
    case "resource":
      return { text: `wmill.get_resource("${what.path}")`, imports };
    case "script": {
      const args = what.args.map((name) => `"${name}": ${name}`).join(", ");
      return { text: `wmill.run_script_by_path("${what.path}", args={${args}})`, imports };
    }
    case "state":
      return { text: "state = wmill.get_state() or {}\nwmill.set_state(state)", imports };
    case "log":
      return { text: 'print(f"{value=}")' };
    case "progress":
      return { text: "wmill.set_progress(50)", imports };
  }
}

function typescript(what: SnippetKind): Snippet {
  const imports = [TS_CLIENT];
  switch (what.kind) {
    case "variable":
      return { text: `await wmill.getVariable("${what.path}")`, imports };
    case "resource":
      return { text: `await wmill.getResource("${what.path}")`, imports };
    case "script":
      return {
        text: `await wmill.runScriptByPath("${what.path}", { ${what.args.join(", ")} })`,
        imports,
      };
    case "state":
      return { text: "const state = (await wmill.getState()) ?? {};\nawait wmill.setState(state);", imports };
    case "log":
      return { text: "console.log({ value });" };
    case "progress":
      return { text: "await wmill.setProgress(50);", imports };
  }
}

/** The arguments of a script as JSON to be filled in. */
const emptyArgs = (names: readonly string[]) =>
  `{${names.map((name) => `${JSON.stringify(name)}: null`).join(", ")}}`;

/** Calls of the API with curl: what a shell has. `$WM_TOKEN` and the rest are there in every run. */
function bash(what: SnippetKind): Snippet | null {
  const api = '"$BASE_INTERNAL_URL/api/w/$WM_WORKSPACE';
  const call = (path: string, more = "") =>
    `curl -sSf -H "Authorization: Bearer $WM_TOKEN" ${more}${api}/${path}"`;
  switch (what.kind) {
    case "variable":
      return { text: `$(${call(`variables/get_value/${what.path}`)} | jq -r .)` };
    case "resource":
      return { text: `$(${call(`resources/get_value_interpolated/${what.path}`)})` };
    case "script":
      return {
        text: call(
          `jobs/run_wait_result/p/${what.path}`,
          `-X POST -H "Content-Type: application/json" -d '${emptyArgs(what.args)}' `,
        ),
      };
    case "log":
      return { text: 'echo "value: $value" >&2' };
    case "state": {
      const body = `"{\\"path\\": \\"$WM_STATE_PATH\\", \\"resource_type\\": \\"state\\", \\"value\\": $state}"`;
      const keep = call(
        "resources/create?update_if_exists=true",
        `-X POST -H "Content-Type: application/json" -d ${body} `,
      );
      return { text: `state=$(${call("resources/get_value/$WM_STATE_PATH")} || echo null)\n${keep}` };
    }
    case "progress":
      return {
        text: call(
          "job_metrics/set_progress/$WM_JOB_ID",
          `-X POST -H "Content-Type: application/json" -d '{"percent": 50}' `,
        ),
      };
  }
}

function powershell(what: SnippetKind): Snippet | null {
  const headers = '@{ Authorization = "Bearer $env:WM_TOKEN" }';
  const api = "$env:BASE_INTERNAL_URL/api/w/$env:WM_WORKSPACE";
  switch (what.kind) {
    case "variable":
      return { text: `Invoke-RestMethod -Headers ${headers} "${api}/variables/get_value/${what.path}"` };
    case "resource":
      return {
        text: `Invoke-RestMethod -Headers ${headers} "${api}/resources/get_value_interpolated/${what.path}"`,
      };
    case "script":
      return {
        text: `Invoke-RestMethod -Method Post -Headers ${headers} -ContentType "application/json" -Body '${emptyArgs(what.args)}' "${api}/jobs/run_wait_result/p/${what.path}"`,
      };
    case "log":
      return { text: 'Write-Host "value: $value"' };
    case "state":
      return {
        text: [
          `$state = try { Invoke-RestMethod -Headers ${headers} "${api}/resources/get_value/$env:WM_STATE_PATH" } catch { $null }`,
          '$kept = @{ path = $env:WM_STATE_PATH; resource_type = "state"; value = $state } | ConvertTo-Json -Depth 20',
          `Invoke-RestMethod -Method Post -Headers ${headers} -ContentType "application/json" -Body $kept "${api}/resources/create?update_if_exists=true"`,
        ].join("\n"),
      };
    case "progress":
      return {
        text: `Invoke-RestMethod -Method Post -Headers ${headers} -ContentType "application/json" -Body '{"percent": 50}' "${api}/job_metrics/set_progress/$env:WM_JOB_ID"`,
      };
  }
}

/** Calls of the API with the standard library alone; each value has a name of its own, so that several go together. */
function go(what: SnippetKind): Snippet | null {
  const imports = ['import "encoding/json"', 'import "net/http"', 'import "os"'];
  const call = (name: string, method: string, path: string, body = "nil") =>
    [
      `${name}, err := func() (value interface{}, err error) {`,
      `\trequest, err := http.NewRequest("${method}", os.Getenv("BASE_INTERNAL_URL")+"/api/w/"+os.Getenv("WM_WORKSPACE")+${path}, ${body})`,
      "\tif err != nil {\n\t\treturn nil, err\n\t}",
      '\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("WM_TOKEN"))',
      '\trequest.Header.Set("Content-Type", "application/json")',
      "\tresponse, err := http.DefaultClient.Do(request)",
      "\tif err != nil {\n\t\treturn nil, err\n\t}",
      "\tdefer response.Body.Close()",
      "\terr = json.NewDecoder(response.Body).Decode(&value)",
      "\treturn value, err",
      "}()",
      "if err != nil {\n\treturn nil, err\n}",
    ].join("\n");
  switch (what.kind) {
    case "variable":
      return { text: call(goName(what.path), "GET", `"/variables/get_value/${what.path}"`), imports };
    case "resource":
      return {
        text: call(goName(what.path), "GET", `"/resources/get_value_interpolated/${what.path}"`),
        imports,
      };
    case "script":
      return {
        text: call(
          goName(what.path),
          "POST",
          `"/jobs/run_wait_result/p/${what.path}"`,
          `strings.NewReader(\`${emptyArgs(what.args)}\`)`,
        ),
        imports: [...imports, 'import "strings"'],
      };
    case "state":
      return { text: call("state", "GET", '"/resources/get_value/"+os.Getenv("WM_STATE_PATH")'), imports };
    case "log":
      return { text: 'fmt.Printf("value: %v\\n", value)', imports: ['import "fmt"'] };
    default:
      return null;
  }
}

const GO_TAKEN = new Set(
  (
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package " +
    "range return select struct switch type var err json http os strings fmt main"
  ).split(" "),
);

/** The last part of a path as a variable that nothing else here is named like. */
function goName(path: string): string {
  const name = nameOf(path);
  return GO_TAKEN.has(name) || /^_+$/.test(name) ? `${name}Value` : name;
}

/** The types of the resources that each database is reached by. */
const DATABASES: Record<string, string> = {
  postgresql: "postgresql",
  mysql: "mysql",
  mssql: "ms_sql_server",
  bigquery: "bigquery",
  snowflake: "snowflake",
  oracledb: "oracledb",
};

/** A query names the resource of its database in a comment at its top. */
function sql(language: string, what: SnippetKind): Snippet | null {
  if (what.kind !== "resource") return null;
  if (what.type !== undefined && what.type !== DATABASES[language]) return null;
  return { text: "", imports: [`-- database ${what.path}`] };
}

const ATTACHED: Record<string, string> = { postgresql: "postgres", mysql: "mysql" };

/** Whether a language takes the databases of resources under names of their own. */
export const attaches = (language: string) => language === "duckdb";

/** DuckDB attaches the databases of resources under a name. */
function duckdb(what: SnippetKind): Snippet | null {
  const type = what.kind === "resource" ? ATTACHED[what.type ?? ""] : undefined;
  if (what.kind !== "resource" || type === undefined) return null;
  return { text: `ATTACH '$res:${what.path}' AS ${nameOf(what.path)} (TYPE ${type});` };
}

/** The text for a language; null where the language has no way to do it. */
export function snippet(language: string, what: SnippetKind): Snippet | null {
  if (language === "python3") return python(what);
  if (TYPESCRIPT.has(language)) return typescript(what);
  if (language === "bash") return bash(what);
  if (language === "powershell") return powershell(what);
  if (language === "go") return go(what);
  if (language in DATABASES) return sql(language, what);
  if (attaches(language)) return duckdb(what);
  return null;
}

/** The last part of a path as a name in code: `f/team/sync-orders` is `sync_orders`. */
function nameOf(path: string): string {
  const name = (path.split("/").at(-1) ?? "").replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`;
}

/** How a script is imported by another one of the same language, under its own name; null where that is not possible. */
export function importOf(language: string, path: string): Snippet | null {
  const name = nameOf(path);
  if (language === "python3") {
    const line = `from ${path.split("/").join(".")} import main as ${name}`;
    return path.split("/").every((part) => /^[A-Za-z_]\w*$/.test(part))
      ? { text: name, imports: [line] }
      : null;
  }
  if (!TYPESCRIPT.has(language)) return null;
  return { text: name, imports: [`import { main as ${name} } from "/${path}.ts";`] };
}
