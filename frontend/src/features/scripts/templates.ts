export type Template = { id: string; language: string; title: string; summary: string; code: string };

/** Where a new script can begin. The first of each language is its default. */
export const TEMPLATES: readonly Template[] = [
  {
    id: "python",
    language: "python3",
    title: "Python function",
    summary: "Typed arguments become a form",
    code: `from typing import Literal


def main(name: str, times: int = 3, mood: Literal["friendly", "formal"] = "friendly"):
    """The arguments of main become the form; what it returns is the result."""
    word = "Hi" if mood == "friendly" else "Good day"
    for turn in range(times):
        print(f"{turn + 1}: {word}, {name}")
    return {"greeting": f"{word}, {name}!", "times": times}
`,
  },
  {
    id: "python-table",
    language: "python3",
    title: "Python report",
    summary: "Returns rows, shown as a table",
    code: `from datetime import date, timedelta


def main(days: int = 14, start: date = None):
    """A list of objects is shown as a table that can be sorted and downloaded."""
    first = start or date.today() - timedelta(days=days)
    return [
        {"day": str(first + timedelta(days=index)), "orders": 40 + index * 7 % 23, "revenue": 1200.5 + index * 31}
        for index in range(days)
    ]
`,
  },
  {
    id: "python-http",
    language: "python3",
    title: "Python with packages",
    summary: "Imports become locked requirements",
    code: `import requests


def main(url: str = "https://example.org", timeout: float = 10.0):
    """Third-party imports are resolved, locked with hashes and installed when you deploy."""
    response = requests.get(url, timeout=timeout)
    print(f"{response.status_code} from {url}")
    return {"status": response.status_code, "bytes": len(response.content)}
`,
  },
  {
    id: "bash",
    language: "bash",
    title: "Bash script",
    summary: "Positional arguments, result from the last line",
    code: `# The names given to the positional arguments become the form.
name="$1"
greeting="\${2:-Hello}"

echo "running on $(uname -s)"
# The last line of the output is the result.
echo "$greeting, $name!"
`,
  },
];

export function defaultCode(language: string): string {
  return TEMPLATES.find((template) => template.language === language)?.code ?? "";
}

export function isUntouched(code: string): boolean {
  return TEMPLATES.some((template) => template.code === code) || code.trim() === "";
}
