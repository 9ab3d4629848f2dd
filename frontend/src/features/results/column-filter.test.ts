import { expect, it } from "vitest";
import { filterOf, passes } from "./column-filter";

it.each([
  [5, "> 4", true],
  [5, ">5", false],
  [5, ">= 5", true],
  ["2024-05-01", "> 2024-04-30", true],
  ["Ada", "= ada", true],
  ["Ada", "!= Bob", true],
  ["Ada", "da", true],
  ["Ada", "x", false],
  [null, "empty", true],
  ["x", "!empty", true],
  [null, "> 3", false],
  [null, "!= 3", true],
  [{ a: 1 }, '"a":1', true],
  ["anything", "  ", true],
])("%s passes %s: %s", (value, typed, expected) => {
  expect(passes(value, typed)).toBe(expected);
});

it.each([
  ["int", "> 4", { op: "gt", value: 4 }],
  ["int", "!= 3.5", { op: "ne", value: 3.5 }],
  ["int", "> ", null],
  ["int", "> x", null],
  ["text", "= ada", { op: "eq", value: "ada" }],
  ["text", "da", { op: "contains", value: "da" }],
  ["date", "<= 2024-01-01", { op: "le", value: "2024-01-01" }],
  ["bool", "= true", { op: "eq", value: true }],
  ["bool", "= maybe", null],
  ["text", "empty", { op: "is_null" }],
  ["text", "!empty", { op: "not_null" }],
  ["text", "  ", null],
])("over %s, %s asks the server for %o", (kind, typed, expected) => {
  const column = { name: "c", kind, type: "" };
  expect(filterOf(column, typed)).toEqual(expected && { column: "c", ...expected });
});
