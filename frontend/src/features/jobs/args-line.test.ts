import { expect, it } from "vitest";
import { argsLine } from "./args-line";

it("says arguments in one line", () => {
  expect(argsLine({ month: "2026-01", top: 10, dry: false })).toBe("month: 2026-01, top: 10, dry: false");
  expect(argsLine({ rows: [1, 2], options: { a: 1 }, none: null, empty: "", nothing: {} })).toBe(
    "rows: [2], options: {…}, nothing: {}",
  );
  expect(argsLine({ text: `two\nlines ${"x".repeat(60)}` })).toBe(`text: two lines ${"x".repeat(29)}…`);
  expect(argsLine({ key: "$sealed:AQAA", list: ["$sealed:AQAA"] })).toBe("key: sealed, list: [1]");
  expect(argsLine(null)).toBe("");
});
