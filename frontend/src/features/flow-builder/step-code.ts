import { defaultCode } from "@/features/scripts/templates";

/** What a new inline step begins with: short, because its inputs come from the steps before. */
const CODES: Record<string, string> = {
  python3: `def main(x: str):
    return x
`,
  bash: `x="$1"

# The last line of the output is the result.
echo "$x"
`,
  bun: `export async function main(x: string) {
  return x;
}
`,
  deno: `export async function main(x: string) {
  return x;
}
`,
  nativets: `export async function main(x: string) {
  return x;
}
`,
  bunnative: `export async function main(x: string) {
  return x;
}
`,
  go: `package inner

func main(x string) (interface{}, error) {
	return x, nil
}
`,
  postgresql: `-- $1 name = world
SELECT 'Hello ' || $1::text AS greeting;
`,
};

export function stepCode(language: string): string {
  return CODES[language] ?? defaultCode(language);
}

/** The result of an approval step is what its page shows. */
export const APPROVAL_CODE = `import wmill


def main():
    urls = wmill.get_resume_urls()
    # Send urls["approvalPage"] to whoever decides; it also waits in their inbox.
    return {"description": "Please check and approve.", **urls}
`;

export const FAILURE_CODE: Record<string, string> = {
  python3: `def main(message: str, name: str, step_id: str):
    print(f"step {step_id} failed: {name}: {message}")
    # Return {"recover": True} to let the run count as a success.
    return {"step": step_id, "error": message}
`,
};

export const PREPROCESSOR_CODE: Record<string, string> = {
  python3: `def preprocessor(event: dict):
    # What is returned becomes the input of the flow.
    return event.get("body") or {}
`,
};
