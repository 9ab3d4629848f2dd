import { describe, expect, it } from "vitest";
import { availableAt, membersOf, recordedNames } from "./available";
import { evaluate } from "./evaluate";
import { code, LOOPED as FLOW, RECORDED } from "./fixtures";

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

describe("membersOf", () => {
  const item = { expr: "flow_input.order", label: "order" };
  it("opens a recorded value", () => {
    const rows = membersOf({ ...item, hasValue: true, value: { id: 7, "full name": "Ada" } });
    expect(rows.map(({ expr, value }) => [expr, value])).toEqual([
      ["flow_input.order.id", 7],
      ['flow_input.order["full name"]', "Ada"],
    ]);
    expect(membersOf({ ...item, hasValue: true, value: [4, 5] }).map((row) => row.expr)).toEqual([
      "flow_input.order[0]",
      "flow_input.order[1]",
    ]);
  });
  it("opens a schema while nothing is recorded", () => {
    const schema = { type: "array", items: { type: "object", properties: { id: { type: "integer" } } } };
    const [first] = membersOf({ ...item, hasValue: false, schema });
    expect(first?.expr).toBe("flow_input.order[0]");
    expect(first && membersOf(first).map((row) => [row.expr, row.detail])).toEqual([
      ["flow_input.order[0].id", "integer"],
    ]);
  });
});
