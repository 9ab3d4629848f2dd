import type { Schema } from "@/api/types";
import { fieldKind } from "@/features/schema-form/kind";
import type { Kind } from "./kinds";

/** A value that shows what an argument looks like. */
function sample(schema: Schema | null | undefined): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    if (!schema?.required?.includes(name)) continue;
    const kind = fieldKind(property);
    switch (kind.kind) {
      case "number":
        args[name] = kind.min ?? 1;
        break;
      case "boolean":
        args[name] = true;
        break;
      case "list":
      case "choices":
        args[name] = [];
        break;
      case "object":
      case "one-of":
      case "json":
        args[name] = {};
        break;
      case "enum":
        args[name] = kind.values[0];
        break;
      case "resource":
        args[name] = `$res:f/folder/${kind.type || "resource"}`;
        break;
      default:
        args[name] = name;
    }
  }
  return args;
}

export type Example = { title: string; explanation: string; code: string };

/** How a Python script starts it with the public client, which waits for scripts by itself. */
const FROM_PYTHON = {
  script: (call: string) => `import wmill\n\nresult = wmill.run_script(${call})`,
  flow: (call: string) =>
    `import wmill\n\nrun = wmill.run_flow_async(${call})\nresult = wmill.Windmill().wait_job(run)`,
};

/** Ways to start a script or flow from outside, with its own address and required arguments. */
export function apiExamples(
  origin: string,
  workspace: string,
  kind: Kind,
  item: { path: string; schema?: Schema | null },
): Example[] {
  const args = sample(item.schema);
  const body = JSON.stringify(args).replaceAll("'", "'\\''");
  const curl = (call: string) =>
    `curl -X POST '${origin}/api/w/${workspace}/jobs/${call}/${kind === "flow" ? "f" : "p"}/${item.path}' \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
  const inPython = JSON.stringify(args).replaceAll("true", "True").replaceAll("null", "None");
  return [
    {
      title: "Start and get the run’s id",
      explanation:
        "Answers at once with 201 and the id. Works as a webhook; the token may also be ?token=… in the address.",
      code: curl("run"),
    },
    {
      title: "Run and wait for the result",
      explanation: "Answers with the result as JSON, or with 422 and the error.",
      code: curl("run_wait_result"),
    },
    {
      title: "Run and stream",
      explanation: "Server-sent events with log, streamed result and the end.",
      code: curl("run_and_stream").replace("curl ", "curl -N "),
    },
    {
      title: kind === "script" ? "From another Python script" : "From a Python script",
      explanation: "Inside Postmill the token is there already.",
      code: FROM_PYTHON[kind](`\n    path="${item.path}",\n    args=${inPython},\n`),
    },
  ];
}
