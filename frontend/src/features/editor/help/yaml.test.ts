import { describe, expect, it, vi } from "vitest";

vi.mock("../monaco", () => ({ monaco: {} }));
const { yamlProblems } = await import("./yaml");

describe("YAML in the editor", () => {
  it.each([
    ["a: 1\nb: [1, 2]\n", 0],
    ["", 0],
    ["a: 1\n---\nb: 2\n", 0],
    ["a: [1, 2\nb: 3", 1],
    ["a: 1\na: 2", 1],
    ["\tx: 1", 1],
    ["a: 'unfinished", 1],
  ])("%j has problems: %d", (text, count) => {
    expect(Math.min(yamlProblems(text).length, 1)).toBe(count);
  });

  it("says where", () => {
    const [problem] = yamlProblems("a: 1\na: 2");
    expect(problem).toMatchObject({ start: 5, error: true });
  });
});
