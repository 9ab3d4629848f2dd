export type Template = { id: string; language: string; title: string; summary: string; code: string };

/** Where a new script can begin. The first of each language is its default. */
export const TEMPLATES: readonly Template[] = [
  {
    id: "python",
    language: "python3",
    title: "Python function",
    summary: "Typed arguments become a form",
    code: `from typing import Literal


def main(
    name: str,
    times: int = 3,
    mood: Literal["friendly", "formal"] = "friendly",
):
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
        {
            "day": str(first + timedelta(days=index)),
            "orders": 40 + index * 7 % 23,
            "revenue": 1200.5 + index * 31,
        }
        for index in range(days)
    ]
`,
  },
  {
    id: "python-http",
    language: "python3",
    title: "Python with packages",
    summary: "What is imported is installed",
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
  {
    id: "typescript",
    language: "bun",
    title: "TypeScript function",
    summary: "Typed arguments and npm packages",
    code: `// Third-party imports are resolved and locked when you deploy.

export async function main(name: string, times: number = 3, mood: "friendly" | "formal" = "friendly") {
  const word = mood === "friendly" ? "Hi" : "Good day";
  for (let turn = 1; turn <= times; turn++) console.log(\`\${turn}: \${word}, \${name}\`);
  return { greeting: \`\${word}, \${name}!\`, times };
}
`,
  },
  {
    id: "postgresql",
    language: "postgresql",
    title: "PostgreSQL query",
    summary: "Rows of a database, shown as a table",
    code: `-- $1 status = open
-- $2 most (int) = 100
select *
from orders
where status = $1
order by created_at desc
limit $2::int;
`,
  },
  {
    id: "go",
    language: "go",
    title: "Go function",
    summary: "Compiled once per version",
    code: `package inner

import "fmt"

// The arguments of main become the form; what it returns is the result.
func main(name string, times int) (interface{}, error) {
	for turn := 1; turn <= times; turn++ {
		fmt.Printf("%d: Hi, %s\\n", turn, name)
	}
	return map[string]interface{}{"greeting": "Hi, " + name, "times": times}, nil
}
`,
  },
  {
    id: "powershell",
    language: "powershell",
    title: "PowerShell script",
    summary: "param(...) becomes the form",
    code: `param(
    [Parameter(Mandatory)] [string] $Name,
    [int] $Times = 3
)

1..$Times | ForEach-Object { Write-Output "$_\`: Hi, $Name" }
`,
  },
  {
    id: "duckdb",
    language: "duckdb",
    title: "DuckDB query",
    summary: "SQL over files and other databases",
    code: `-- $most (integer) = 10
select number, number * number as square
from range(100) as numbers (number)
limit $most;
`,
  },
  {
    id: "mysql",
    language: "mysql",
    title: "MySQL query",
    summary: "Rows of a database, shown as a table",
    code: `-- :status (text) = open
-- :most (int) = 100
select *
from orders
where status = :status
order by created_at desc
limit :most;
`,
  },
  {
    id: "mssql",
    language: "mssql",
    title: "SQL Server query",
    summary: "Rows of a database, shown as a table",
    code: `-- @P1 status (varchar) = open
select top 100 *
from orders
where status = @P1
order by created_at desc;
`,
  },
  {
    id: "bigquery",
    language: "bigquery",
    title: "BigQuery query",
    summary: "Rows of a dataset, shown as a table",
    code: `-- @status (string) = open
select *
from shop.orders
where status = @status
limit 100;
`,
  },
  {
    id: "snowflake",
    language: "snowflake",
    title: "Snowflake query",
    summary: "Rows of a warehouse, shown as a table",
    code: `-- ? status (varchar) = open
select *
from orders
where status = ?
limit 100;
`,
  },
  {
    id: "oracledb",
    language: "oracledb",
    title: "Oracle query",
    summary: "Rows of a database, shown as a table",
    code: `-- :status (varchar2) = open
select *
from orders
where status = :status
fetch first 100 rows only
`,
  },
  {
    id: "deno",
    language: "deno",
    title: "Deno function",
    summary: "TypeScript with Deno's imports",
    code: `export async function main(name: string) {
  return { greeting: \`Hi, \${name}!\` };
}
`,
  },
  {
    id: "php",
    language: "php",
    title: "PHP function",
    summary: "Typed arguments become a form",
    code: `<?php

function main(string $name, int $times = 3) {
    for ($turn = 1; $turn <= $times; $turn++) echo "$turn: Hi, $name\\n";
    return ["greeting" => "Hi, $name!", "times" => $times];
}
`,
  },
  {
    id: "rust",
    language: "rust",
    title: "Rust function",
    summary: "Compiled once per version",
    code: `//! \`\`\`cargo
//! [dependencies]
//! anyhow = "1"
//! serde = { version = "1", features = ["derive"] }
//! \`\`\`

#[derive(serde::Serialize)]
struct Greeting {
    greeting: String,
}

fn main(name: String) -> anyhow::Result<Greeting> {
    Ok(Greeting { greeting: format!("Hi, {name}!") })
}
`,
  },
  {
    id: "csharp",
    language: "csharp",
    title: "C# method",
    summary: "Compiled once per version",
    code: `class Script
{
    public static object Main(string name, int times = 3)
    {
        for (var turn = 1; turn <= times; turn++) System.Console.WriteLine($"{turn}: Hi, {name}");
        return new { greeting = $"Hi, {name}!", times };
    }
}
`,
  },
  {
    id: "graphql",
    language: "graphql",
    title: "GraphQL query",
    summary: "Variables of the query become the form",
    code: `query($name: String!) {
  person(name: $name) {
    id
  }
}
`,
  },
  {
    id: "nativets",
    language: "nativets",
    title: "TypeScript without packages",
    summary: "Only fetch; starts at once",
    code: `export async function main(url: string) {
  const answer = await fetch(url);
  return { status: answer.status, text: (await answer.text()).slice(0, 200) };
}
`,
  },
];

/** The templates in languages that the server offers. */
export function templatesIn(languages: readonly { value: string }[]): readonly Template[] {
  return TEMPLATES.filter((template) => languages.some((language) => language.value === template.language));
}

export function defaultCode(language: string): string {
  return TEMPLATES.find((template) => template.language === language)?.code ?? "";
}

export function isUntouched(code: string): boolean {
  return TEMPLATES.some((template) => template.code === code) || code.trim() === "";
}
