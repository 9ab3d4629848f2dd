import { describe, expect, it } from "vitest";
import { importOf, snippet } from "./snippets";

describe("what the side panel inserts", () => {
  it("reads variables in the syntax of the language", () => {
    const variable = { kind: "variable", path: "f/a/key" } as const;
    expect(snippet("python3", variable)).toEqual({
      text: 'wmill.get_variable("f/a/key")',
      imports: ["import wmill"],
    });
    expect(snippet("bun", variable)?.text).toBe('await wmill.getVariable("f/a/key")');
    expect(snippet("bash", variable)?.text).toContain("/variables/get_value/f/a/key");
    expect(snippet("powershell", variable)?.text).toContain("/variables/get_value/f/a/key");
    expect(snippet("postgresql", variable)).toBeNull();
  });

  it("names the database of a query at its top", () => {
    const resource = { kind: "resource", path: "f/a/shop" } as const;
    expect(snippet("postgresql", resource)).toEqual({ text: "", imports: ["-- database f/a/shop"] });
    expect(snippet("go", resource)?.text).toContain("/resources/get_value_interpolated/f/a/shop");
    expect(snippet("mysql", { ...resource, type: "mysql" })?.imports).toEqual(["-- database f/a/shop"]);
    expect(snippet("mysql", { ...resource, type: "slack" })).toBeNull();
  });

  it("attaches the databases of resources in DuckDB", () => {
    const resource = { kind: "resource", path: "f/a/old-shop" } as const;
    expect(snippet("duckdb", { ...resource, type: "postgresql" })?.text).toBe(
      "ATTACH '$res:f/a/old-shop' AS old_shop (TYPE postgres);",
    );
    expect(snippet("duckdb", { ...resource, type: "slack" })).toBeNull();
  });

  it.each(["python3", "bun", "bash", "powershell", "go"])("reads and keeps state in %s", (language) => {
    expect(snippet(language, { kind: "state" })).not.toBeNull();
  });

  it("calls scripts with their arguments by name", () => {
    const call = { kind: "script", path: "f/a/b", args: ["x", "y"] } as const;
    expect(snippet("python3", call)?.text).toBe('wmill.run_script_by_path("f/a/b", args={"x": x, "y": y})');
    expect(snippet("bash", call)?.text).toContain(`-d '{"x": null, "y": null}'`);
    expect(snippet("go", call)?.text).toContain('strings.NewReader(`{"x": null, "y": null}`)');
    expect(snippet("bun", call)?.text).toBe('await wmill.runScriptByPath("f/a/b", { x, y })');
  });

  it("gives each value a name of its own in Go", () => {
    const names = (["f/a/key", "f/a/other-key", "f/a/type", "f/a/err"] as const).map(
      (path) => snippet("go", { kind: "variable", path })?.text.split(",")[0],
    );
    expect(names).toEqual(["key", "other_key", "typeValue", "errValue"]);
    expect(snippet("go", { kind: "state" })?.text).toMatch(/^state, err := func\(\)/);
  });

  it("imports what can be imported", () => {
    expect(importOf("python3", "f/a/b")?.imports).toEqual(["from f.a.b import main as b"]);
    expect(importOf("python3", "f/a-b/c")).toBeNull();
    expect(importOf("bun", "f/a-b/c")?.imports).toEqual(['import { main as c } from "/f/a-b/c.ts";']);
    expect(importOf("go", "f/a/b")).toBeNull();
  });
});
