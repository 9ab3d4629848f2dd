import { describe, expect, it } from "vitest";
import { code, LOOPED, RECORDED } from "./fixtures";
import { tokensOf } from "./tokens";
import type { OpenFlow } from "./types";
import { isPlainPath, sourcesAt, withPicked } from "./wiring";

const after: OpenFlow = {
  ...LOOPED,
  value: {
    ...LOOPED.value,
    modules: [...LOOPED.value.modules, { ...code("e"), suspend: { required_events: 1 } }, code("f")],
  },
};
const offered = (flow: OpenFlow, id: string) =>
  Object.fromEntries(
    [...sourcesAt(flow, id, RECORDED)].map(([box, items]) => [box, items.map((item) => item.expr)]),
  );

describe("sourcesAt", () => {
  it("offers inside a loop its turn, what ran before and the input", () => {
    expect(offered(LOOPED, "d")).toEqual({
      "@input": ["flow_input.orders", "flow_input.name"],
      a: ["results.a"],
      b: ["flow_input.iter.value", "flow_input.iter.index"],
      c: ["results.c"],
    });
  });
  it("offers after a loop the loop as a whole, not its steps", () => {
    expect(Object.keys(offered(after, "e"))).toEqual(["@input", "a", "b"]);
    expect(offered(after, "e").b).toEqual(["results.b"]);
  });
  it("offers the answer of an approval at its step", () => {
    expect(offered(after, "f").e).toEqual(["results.e", "resume", "approvers"]);
  });
  it("offers the first step the input alone, and a preprocessor nothing", () => {
    expect(Object.keys(offered(LOOPED, "a"))).toEqual(["@input"]);
    const flow = { ...LOOPED, value: { ...LOOPED.value, preprocessor_module: code("preprocessor") } };
    expect(offered(flow, "preprocessor")).toEqual({});
  });
  it("lets an error handler read every step", () => {
    const flow = { ...LOOPED, value: { ...LOOPED.value, failure_module: code("failure") } };
    expect(Object.keys(offered(flow, "failure"))).toEqual(expect.arrayContaining(["a", "b", "c", "d"]));
  });
});

describe("withPicked", () => {
  it.each([
    ["", null, "results.b"],
    ["results.a.rows[0]", { start: 3, end: 3 }, "results.b"],
    ['results["my step"]', null, "results.b"],
    [" > 10", { start: 0, end: 0 }, "results.b > 10"],
    ["results.a + ", null, "results.a + results.b"],
    ["f(results.a)", { start: 2, end: 11 }, "f(results.b)"],
  ])("%s", (text, selection, result) => {
    expect(withPicked(text, selection, "results.b")).toBe(result);
  });
  it("knows what is only a way into a value", () => {
    expect(isPlainPath("results.a?.b['c d']")).toBe(true);
    expect(isPlainPath("results.a.length > 1")).toBe(false);
    expect(isPlainPath("results.a.map(x => x)")).toBe(false);
  });
});

describe("tokensOf", () => {
  const kinds = (text: string) =>
    tokensOf(text, new Set(["results"])).map((token) => [token.text, token.kind]);
  it("tells names that mean something here from others", () => {
    expect(kinds("results.a + other")).toEqual([
      ["results", "root"],
      [".", "plain"],
      ["a", "member"],
      [" + other", "plain"],
    ]);
    expect(kinds('typeof "x" === 1')).toEqual([
      ["typeof", "keyword"],
      [" ", "plain"],
      ['"x"', "string"],
      [" === ", "plain"],
      ["1", "number"],
    ]);
  });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of an expression
  it.each(["'open", "results.", "`a ${results.a} b`", "/re/.test(x)", "#", "", "a\n  // note\nb"])(
    "loses nothing of %j",
    (text) => {
      expect(
        tokensOf(text, new Set())
          .map((token) => token.text)
          .join(""),
      ).toBe(text);
    },
  );
});
