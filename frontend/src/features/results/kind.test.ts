import { describe, expect, it } from "vitest";
import { resultKind } from "./kind";

const cases: [string, unknown, object][] = [
  ["nothing", null, { kind: "nothing" }],
  ["text", "done", { kind: "text", text: "done" }],
  ["a number", 3, { kind: "tree", value: 3 }],
  ["rows", [{ a: 1 }, { b: 2 }], { kind: "table", columns: ["a", "b"] }],
  ["no rows", [], { kind: "tree" }],
  ["a list of values", [1, 2], { kind: "tree" }],
  [
    "lists with names",
    [
      ["n", "v"],
      ["x", 1],
    ],
    { kind: "table", columns: ["n", "v"], rows: [{ n: "x", v: 1 }] },
  ],
  [
    "lists without names",
    [
      [1, 2],
      [3, 4],
    ],
    { kind: "table", columns: ["1", "2"] },
  ],
  [
    "columns",
    { "table-col": { a: [1, 2], b: ["x"] } },
    {
      kind: "table",
      rows: [
        { a: 1, b: "x" },
        { a: 2, b: undefined },
      ],
    },
  ],
  [
    "ordered rows",
    { "table-row-object": [["b", "a"], { a: 1, b: 2 }] },
    { kind: "table", columns: ["b", "a"] },
  ],
  ["png", { png: "aGk=" }, { kind: "image", src: "data:image/png;base64,aGk=" }],
  [
    "png as object",
    { png: { content: "data:image/png;base64,aGk=" } },
    { src: "data:image/png;base64,aGk=" },
  ],
  ["svg markup", { svg: "<svg/>" }, { kind: "image", src: "data:image/svg+xml;utf8,%3Csvg%2F%3E" }],
  ["pdf", { pdf: "aGk=" }, { kind: "pdf" }],
  ["file", { file: { content: "aGk=", filename: "a.csv" } }, { kind: "file", name: "a.csv", base64: "aGk=" }],
  ["file, flat", { file: "aGk=", filename: "a.csv" }, { kind: "file", name: "a.csv" }],
  ["html", { html: "<b>x</b>" }, { kind: "html" }],
  ["markdown", { md: "# x" }, { kind: "markdown", text: "# x" }],
  ["chart", { chart: { type: "bar", data: [] } }, { kind: "chart", dialect: "chart" }],
  ["echarts", { echarts: { series: [] } }, { kind: "chart", dialect: "echarts" }],
  ["vega", { "vega-lite": { mark: "bar" } }, { kind: "chart", dialect: "vega" }],
  ["error", { error: { name: "KeyError", message: "x" } }, { kind: "error", error: { name: "KeyError" } }],
  ["several", { render_all: [1, "a"] }, { kind: "all", parts: [1, "a"] }],
  ["stored", { s3: "a/b.csv" }, { kind: "stored", key: "a/b.csv" }],
  [
    "a difference",
    { diff: { before: { a: 1 }, after: "x" } },
    { kind: "diff", before: '{\n  "a": 1\n}', after: "x", language: "json" },
  ],
  [
    "places",
    { map: { markers: [{ lat: 48.2, lon: 16.4, title: "Vienna" }, { lat: 999, lon: 0 }, "x"] } },
    { kind: "map", markers: [{ lat: 48.2, lon: 16.4, title: "Vienna" }] },
  ],
  ["one place", { map: { lat: "1", lng: 2 } }, { kind: "map", markers: [{ lat: 1, lon: 2, title: "" }] }],
  ["no place", { map: { lat: "x", lon: 2 } }, { kind: "tree" }],
  ["rows in a file", { postmill_rows: "x", rows: 3, bytes: 9, columns: [] }, { kind: "rows" }],
  ["labels beside", { markdown: "x", wm_labels: ["a"] }, { kind: "markdown" }],
  ["an object that only resembles one", { html: "<b>", other: 1 }, { kind: "tree" }],
  ["approval", { resume: "https://x/r", cancel: "https://x/c" }, { kind: "approval" }],
  [
    "approval with a page",
    { resume: "https://x/r", cancel: "https://x/c", approvalPage: "https://x/p" },
    { kind: "approval", links: [{ label: "Open approval page", href: "https://x/p" }] },
  ],
  ["approval with a script address", { resume: "javascript:x", cancel: "https://x/c" }, { kind: "tree" }],
];

describe("resultKind", () => {
  it("takes the columns of rows that do not tell them", () => {
    expect(resultKind([], ["b", "a"])).toMatchObject({ kind: "table", columns: ["b", "a"], rows: [] });
    const rows = [{ "2": 1, b: 2 }];
    expect(resultKind(rows, ["b", "2"])).toMatchObject({ kind: "table", columns: ["b", "2"] });
    expect(resultKind([1], ["b"])).toMatchObject({ kind: "tree" });
  });
  it.each(cases)("recognises %s", (_name, value, expected) => {
    expect(resultKind(value)).toMatchObject(expected);
  });
});
