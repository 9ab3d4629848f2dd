import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { type Bar, barsOf, lanesOf, ticks } from "./timeline-bars";

const AT = "2026-01-10T12:00:00Z";
const start = Date.parse(AT);

describe("barsOf", () => {
  it("takes the turns of a loop from its status; the last one runs until now", () => {
    const status = {
      type: "InProgress" as const,
      flow_jobs: ["1", "2", "3"],
      flow_jobs_success: [true, false, null],
      flow_jobs_duration: { started_at: [AT, AT, AT], duration_ms: [10, 20, null] },
    };
    expect(barsOf(status, [], start + 500)).toEqual([
      { start, end: start + 10, state: "success" },
      { start, end: start + 20, state: "failure" },
      { start, end: start + 500, state: "running" },
    ]);
  });
  it("tells turns that were canceled from those that failed", () => {
    const status = {
      type: "Failure" as const,
      flow_jobs: ["1", "2"],
      flow_jobs_success: [false, false],
      flow_jobs_duration: { started_at: [AT, AT], duration_ms: [10, 20] },
    };
    const job = { type: "CompletedJob" } as Job;
    const bars = barsOf(status, [{ id: "2", job, state: "canceled" }], start);
    expect(bars.map((bar) => bar.state)).toEqual(["failure", "canceled"]);
  });
  it("takes other steps from their jobs, and leaves out what has not started", () => {
    const done = { type: "CompletedJob", started_at: AT, duration_ms: 70 } as Job;
    const queued = { type: "QueuedJob", running: false } as Job;
    expect(
      barsOf(
        { type: "Success" },
        [
          { id: "1", job: done, state: "success" },
          { id: "2", job: queued, state: "queued" },
        ],
        start,
      ),
    ).toEqual([{ start, end: start + 70, state: "success" }]);
  });
});

describe("lanesOf", () => {
  const bar = (from: number, to: number): Bar => ({ start: from, end: to, state: "success" });
  it("keeps what ran in turn in one lane, and what ran at once apart", () => {
    expect(lanesOf([bar(0, 5), bar(5, 9), bar(9, 10)], 5)).toEqual({ lanes: [0, 0, 0], count: 1 });
    expect(lanesOf([bar(3, 9), bar(0, 5), bar(5, 6), bar(4, 7)], 5)).toEqual({
      lanes: [1, 0, 0, 2],
      count: 3,
    });
  });
  it("shares lanes where there are too few", () => {
    const { lanes, count } = lanesOf([bar(0, 9), bar(0, 4), bar(1, 9)], 2);
    expect([lanes, count]).toEqual([[0, 1, 1], 2]);
    expect(lanesOf([], 2).count).toBe(1);
  });
});

describe("ticks", () => {
  it.each([
    [10, [0, 2, 4, 6, 8, 10]],
    [1000, [0, 200, 400, 600, 800, 1000]],
    [1, [0, 1]],
    [73_000, [0, 20_000, 40_000, 60_000]],
  ])("of %s", (span, expected) => {
    expect(ticks(span)).toEqual(expected);
  });
});
