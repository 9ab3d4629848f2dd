import { expect, it } from "vitest";
import { passes } from "./column-filter";

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
