// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { highlighted, linesOf } from "./highlight";

describe("colours of code", () => {
  it("close at the end of a line what goes on in the next", () => {
    expect(linesOf('<span class="a">one\ntwo</span> x\ny')).toEqual([
      '<span class="a">one</span>',
      '<span class="a">two</span> x',
      "y",
    ]);
  });

  it.each([
    ["python", 'def main(a: str):\n    """Two\n    lines"""\n    return a\n'],
    ["typescript", "const a = `one\ntwo`;\n"],
    ["shell", 'echo "$1" # said\n'],
    ["go", "package inner\n"],
    ["powershell", "param([string] $Name)\n"],
    ["pgsql", "-- $1 id\nselect 1\n"],
    ["graphql", "query { a }\n"],
    ["php", "<?php\nfunction main() {}\n"],
    ["rust", "fn main() {}\n"],
    ["csharp", "class Script {}\n"],
    ["json", '{"a": 1}\n'],
    ["yaml", "a: 1\n"],
  ])("are there for %s, line by line, and leave the text as it is", async (language, text) => {
    const lines = (await highlighted(text, language)) ?? [];
    expect(lines.join("")).toContain("hljs-");
    const shown = document.createElement("div");
    const plain = lines.map((line) => {
      shown.innerHTML = line;
      return shown.textContent;
    });
    expect(plain.join("\n")).toBe(text);
  });

  it("never make markup of what the text holds", async () => {
    const [line] = (await highlighted("x = '<img src=x onerror=alert(1)>'", "python")) ?? [];
    const shown = document.createElement("div");
    shown.innerHTML = line ?? "";
    expect(shown.querySelector("img")).toBeNull();
    expect(shown.textContent).toContain("<img");
  });

  it("are not there for what nobody knows", async () => {
    expect(await highlighted("x", "plaintext")).toBeNull();
  });
});
