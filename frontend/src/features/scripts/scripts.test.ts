import { describe, expect, it } from "vitest";
import type { Script } from "@/api/types";
import { pathProblem, splitPath } from "@/features/paths/path";
import { readStored, toNewScript } from "./script-draft";
import { filterScripts, owners } from "./script-list";

const script = (path: string, more: Partial<Script> = {}) =>
  ({ path, summary: "", description: "", language: "python3", starred: false, ...more }) as Script;

describe("filterScripts", () => {
  const list = [
    script("f/ops/backup", { summary: "Back up", language: "bash" }),
    script("f/ops/rotate", { starred: true }),
    script("u/ada/note", { description: "about backup" }),
  ];
  const all = { search: "", owner: "", language: "", starred: false };

  it("finds every word in path, summary or description", () => {
    expect(filterScripts(list, { ...all, search: "BACK ops" }).map((found) => found.path)).toEqual([
      "f/ops/backup",
    ]);
    expect(filterScripts(list, { ...all, search: "backup" })).toHaveLength(2);
  });

  it("puts starred scripts first and combines filters", () => {
    expect(filterScripts(list, all)[0]?.path).toBe("f/ops/rotate");
    expect(
      filterScripts(list, { ...all, owner: "f/ops", language: "bash" }).map((found) => found.path),
    ).toEqual(["f/ops/backup"]);
  });

  it("lists one's own space before folders and others", () => {
    expect(owners([...list, script("u/bob/x")], "ada")).toEqual(["u/ada", "f/ops", "u/bob"]);
  });
});

describe("paths", () => {
  it("are an owner and a name", () => {
    expect(splitPath("f/ops/db/backup")).toEqual({ owner: "f/ops", name: "db/backup" });
  });

  it.each(["f/ops/backup", "u/ada/a b/c-d", "u/ada/größe"])("accepts %s", (path) => {
    expect(pathProblem(path)).toBeNull();
  });

  it.each(["", "f/ops", "f/ops/", "x/ops/a", "f/ops/a.b", "f/ops//a", `f/ops/${"a".repeat(255)}`])(
    "refuses %j with a sentence",
    (path) => {
      expect(pathProblem(path)).toMatch(/\w+.*\.$/);
    },
  );
});

describe("drafts", () => {
  it("deploy without what was left empty", () => {
    const made = toNewScript(
      {
        path: "u/a/b",
        summary: "",
        description: "",
        language: "bash",
        schema: null,
        tag: " ",
        parent_hash: "ab",
      },
      "echo",
      "  ",
    );
    expect(made).toMatchObject({ content: "echo", parent_hash: "ab" });
    expect("tag" in made).toBe(false);
    expect("deployment_message" in made).toBe(false);
  });

  it("are read only when they hold code and a path", () => {
    expect(readStored({ path: "u/a/b" })).toBeNull();
    expect(readStored("text")).toBeNull();
    expect(readStored({ path: "u/a/b", content: "x" })).toMatchObject({ language: "python3", schema: null });
  });
});
