import { describe, expect, it } from "vitest";
import { isRowsReference, scrolled, TALLEST } from "./rows";

describe("rows in a file", () => {
  it("are known by their reference", () => {
    expect(isRowsReference({ postmill_rows: "x", rows: 3, bytes: 5, columns: [] })).toBe(true);
    expect(isRowsReference({ rows: 3 })).toBe(false);
    expect(isRowsReference(null)).toBe(false);
  });

  it("are scrolled row by row while they are few", () => {
    expect(scrolled(0, 100, 33, 330)).toEqual({ first: 0, height: 3300 });
    expect(scrolled(66, 100, 33, 330)).toEqual({ first: 2, height: 3300 });
  });

  it("are reached from first to last when they are more than a browser can draw", () => {
    const rows = 5_000_000;
    const at = (top: number) => scrolled(top, rows, 33, 330).first;
    expect(scrolled(0, rows, 33, 330).height).toBe(TALLEST);
    expect(at(0)).toBe(0);
    expect(at(TALLEST - 330)).toBe(rows - 10);
    expect(at(TALLEST)).toBe(rows - 10);
    expect(at(TALLEST / 2)).toBeGreaterThan(rows / 2 - 1000);
  });
});
