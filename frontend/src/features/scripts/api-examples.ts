import type { Schema, Script } from "@/api/types";
import { fieldKind } from "@/features/schema-form/kind";

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

/** Ways to start a script from outside, with its own address and required arguments. */
export function apiExamples(origin: string, workspace: string, script: Script): Example[] {
  const args = sample(script.schema);
  const body = JSON.stringify(args).replaceAll("'", "'\\''");
  const root = `${origin}/api/w/${workspace}/jobs`;
  const curl = (url: string) =>
    `curl -X POST '${url}' \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
  return [
    {
      title: "Start and get the run’s id",
      explanation:
        "Answers at once with 201 and the id. Works as a webhook; the token may also be ?token=… in the address.",
      code: curl(`${root}/run/p/${script.path}`),
    },
    {
      title: "Run and wait for the result",
      explanation: "Answers with the result as JSON, or with 422 and the error.",
      code: curl(`${root}/run_wait_result/p/${script.path}`),
    },
    {
      title: "Run and stream",
      explanation: "Server-sent events with log, streamed result and the end.",
      code: curl(`${root}/run_and_stream/p/${script.path}`).replace("curl ", "curl -N "),
    },
    {
      title: "From another Python script",
      explanation: "Inside Postmill the token is there already.",
      code: `import wmill\n\nresult = wmill.run_script(\n    path="${script.path}",\n    args=${JSON.stringify(args).replaceAll("true", "True").replaceAll("null", "None")},\n)`,
    },
  ];
}
