import { describe, expect, it } from "vitest";
import { completionsAt } from "./completion";
import { LOOPED as FLOW, RECORDED } from "./fixtures";

describe("completionsAt", () => {
  const offered = (text: string, id = "d") =>
    completionsAt(text, text.length, FLOW, id, "input", RECORDED)?.options.map((option) => option.text) ?? [];
  it.each([
    ["results.", ["c", "a"]],
    ["results.a.", ["rows"]],
    ["results.a.ro", ["rows"]],
    ["1 + results?.a.rows[0].", ["id", "sum"]],
    ["flow_input.", ["name", "iter", "orders"]],
    ["flow_input.iter.value.", ["id", "sum"]],
    ["flow_i", ["flow_input"]],
    ["results.a.rows", []],
    ["'text", []],
  ])("%s", (text, options) => {
    expect(offered(text)).toEqual(options);
  });
  it("offers paths inside the calls that read them, and closes them", () => {
    const paths = { variable: ["u/ada/token", "f/team/token"], resource: ["u/ada/db"] };
    const at = (text: string, caret = text.length) =>
      completionsAt(text, caret, FLOW, "d", "input", RECORDED, paths);
    expect(at("vari")?.options).toMatchObject([{ text: 'variable("', opens: true }]);
    expect(at('variable("')?.options.map((option) => option.text)).toEqual([
      'u/ada/token")',
      'f/team/token")',
    ]);
    expect(at("variable('team")).toMatchObject({ from: 10, options: [{ text: "f/team/token')" }] });
    expect(at('resource("u")', 11)?.options.map((option) => option.text)).toEqual(["u/ada/db"]);
  });
  it("says where the typed part begins", () => {
    expect(completionsAt("x + results.a.ro", 16, FLOW, "d", "input", RECORDED)?.from).toBe(14);
  });
});
