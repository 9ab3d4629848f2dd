import { describe, expect, it } from "vitest";
import { availableAt, completionsAt, recordedNames } from "./available";
import { evaluate } from "./evaluate";
import { code } from "./fixtures";
import type { OpenFlow } from "./types";

const FLOW: OpenFlow = {
  summary: "",
  schema: { properties: { orders: { type: "array" }, name: { type: "string" } } },
  value: {
    modules: [
      code("a"),
      {
        id: "b",
        value: {
          type: "forloopflow",
          iterator: { type: "javascript", expr: "results.a.rows" },
          skip_failures: false,
          modules: [code("c"), code("d")],
        },
      },
    ],
  },
};
const RECORDED = { args: { name: "Ada" }, results: { a: { rows: [{ id: 7, sum: 1.5 }] }, d: 1 } };

describe("recordedNames", () => {
  it("holds what ran before, and the first turn of the loop", () => {
    expect(recordedNames(FLOW, "d", RECORDED)).toEqual({
      results: { a: RECORDED.results.a },
      flow_env: {},
      params: {},
      flow_input: { name: "Ada", iter: { index: 0, value: { id: 7, sum: 1.5 } } },
      result: 1,
    });
    expect(evaluate("previous_result.name", recordedNames(FLOW, "a", RECORDED))).toEqual({
      ok: true,
      value: "Ada",
    });
  });
});

describe("availableAt", () => {
  it("offers the turn, the step before, the input and the results", () => {
    expect(
      availableAt(FLOW, "d", RECORDED).map((group) => [group.title, group.items.map((item) => item.expr)]),
    ).toEqual([
      ["This turn of the loop", ["flow_input.iter.value", "flow_input.iter.index"]],
      ["Result of the step before", ["previous_result"]],
      ["Input of the flow", ["flow_input.orders", "flow_input.name"]],
      ["Results of steps", ["results.c", "results.a"]],
    ]);
  });
  it("offers the error to an error handler", () => {
    const flow = { ...FLOW, value: { ...FLOW.value, failure_module: code("failure") } };
    expect(availableAt(flow, "failure", RECORDED)[0]?.title).toBe("The error");
  });
});

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
  it("says where the typed part begins", () => {
    expect(completionsAt("x + results.a.ro", 16, FLOW, "d", "input", RECORDED)?.from).toBe(14);
  });
});
