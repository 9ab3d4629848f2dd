import { describe, expect, it } from "vitest";
import { bytes, duration, relative } from "./time";

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1234, "1.23 s"],
    [59_900, "59.9 s"],
    [245_000, "4 min 05 s"],
    [7_860_000, "2 h 11 min"],
    [null, "—"],
  ] as const)("shows %s as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("relative", () => {
  it("takes the largest unit that fits, in both directions", () => {
    const now = Date.parse("2026-01-10T12:00:00Z");
    expect(relative(now - 3000, now)).toBe("just now");
    expect(relative(now - 3 * 3_600_000, now)).toBe("3 hr. ago");
    expect(relative(now + 86_400_000, now)).toBe("tomorrow");
  });
});

describe("bytes", () => {
  it("counts in thousands", () => {
    expect([bytes(12), bytes(1500), bytes(44_000_000)]).toEqual(["12 B", "1.5 kB", "44 MB"]);
  });
});
