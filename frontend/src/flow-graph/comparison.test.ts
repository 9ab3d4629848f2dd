import { describe, expect, it } from "vitest";
import { readComparison, typedConstant, writeComparison } from "./comparison";

describe("readComparison", () => {
  it.each([
    ["results.a", { path: "results.a", operator: null, value: null }],
    ["results.a.total > 10", { path: "results.a.total", operator: ">", value: 10 }],
    ["results.a['x y']>=-1.5", { path: "results.a['x y']", operator: ">=", value: -1.5 }],
    ["flow_input.kind == 'gold'", { path: "flow_input.kind", operator: "===", value: "gold" }],
    ['flow_input.kind !== "a > b"', { path: "flow_input.kind", operator: "!==", value: "a > b" }],
    ["resume.ok === true", { path: "resume.ok", operator: "===", value: true }],
    ["resume.note !== null", { path: "resume.note", operator: "!==", value: null }],
  ])("%s", (text, found) => {
    expect(readComparison(text)).toEqual(found);
  });
  it.each([
    "",
    "true",
    "results.a > results.b",
    "results.a > 1 && x",
    "results.a.map(x => x > 1)",
    "results.a =",
  ])("leaves %j alone", (text) => {
    expect(readComparison(text)).toBeNull();
  });
  it("writes what it reads", () => {
    for (const text of ["results.a > 10", 'results.a === "it\'s"', "results.a !== null", "results.a"]) {
      const found = readComparison(text);
      expect(found && writeComparison(found)).toBe(text);
    }
  });
});

describe("typedConstant", () => {
  it.each([
    ["12", 12],
    [" -0.5 ", -0.5],
    ["true", true],
    ["null", null],
    ["gold", "gold"],
    ["1e5", "1e5"],
    ["", ""],
  ])("%j", (text, value) => {
    expect(typedConstant(text)).toBe(value);
  });
});
