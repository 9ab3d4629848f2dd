import type { FlowModule, OpenFlow } from "./types";

/** A step of inline code for tests; inputs are expressions. */
export const code = (id: string, inputs: Record<string, string> = {}): FlowModule => ({
  id,
  value: {
    type: "rawscript",
    language: "python3",
    content: "def main(): ...",
    input_transforms: Object.fromEntries(
      Object.entries(inputs).map(([name, expr]) => [name, { type: "javascript", expr }]),
    ),
  },
});

/** Step `a`, then a loop `b` over its rows with `c` and `d` inside. */
export const LOOPED: OpenFlow = {
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
/** What a test of it recorded. */
export const RECORDED = { args: { name: "Ada" }, results: { a: { rows: [{ id: 7, sum: 1.5 }] }, d: 1 } };
