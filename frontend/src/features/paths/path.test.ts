import { expect, test } from "vitest";
import { isUnnamed, nameFrom, newName, pathProblem } from "./path";

test("a summary becomes a name that the server takes", () => {
  expect(nameFrom("Sizes of files, monthly")).toBe("sizes_of_files_monthly");
  expect(nameFrom("  Größe: 3/4 ")).toBe("größe_3_4");
  expect(nameFrom("— …")).toBe("");
  const long = nameFrom("word ".repeat(100));
  expect(long.length).toBeLessThanOrEqual(60);
  expect(pathProblem(`u/ada/${long}`)).toBeNull();
});

test("only a name that nobody chose counts as unnamed", () => {
  expect(isUnnamed(`u/ada/${newName("script")}`)).toBe(true);
  expect(isUnnamed(`f/tools/${newName("flow")}`)).toBe(true);
  expect(isUnnamed("u/ada/script_for_billing")).toBe(false);
  expect(isUnnamed("u/ada/report")).toBe(false);
});
