import { describe, expect, it } from "vitest";

import { importedScript, importsOf, mayBePackage } from "./typescript-imports";

describe("imports between TypeScript scripts", () => {
  it.each([
    ["/f/a/b.ts", "u/x/y", "f/a/b"],
    ["/u/a/b", "u/x/y", "u/a/b"],
    ["f/a/b.ts", "u/x/y", "f/a/b"],
    ["./b.ts", "f/a/c", "f/a/b"],
    ["../z/b", "f/a/c", "f/z/b"],
    ["../../../etc/passwd", "f/a/c", null],
    ["lodash", "f/a/c", null],
    ["@scope/x", "f/a/c", null],
    ["node:fs", "f/a/c", null],
  ])("%s in %s means %s of %s", (specifier, from, path) => {
    expect(importedScript(specifier, from)).toBe(path);
  });

  it("are found in every form", () => {
    const code = `import a from "one";
import { b,
  c } from 'two';
import "three";
export * from "./four.ts";
const d = await import("five");
const text = "import x from 'no'";`;
    expect(importsOf(code)).toEqual(["one", "two", "three", "./four.ts", "five"]);
  });

  it.each([
    ["lodash", true],
    ["@scope/x/inner", true],
    ["npm:zod@3", true],
    ["./b", false],
    ["/f/a/b.ts", false],
    ["u/a/b", false],
    ["node:fs", false],
    ["https://deno.land/x/y.ts", false],
  ])("%s is a package of the registry: %s", (specifier, is) => {
    expect(mayBePackage(specifier)).toBe(is);
  });
});
