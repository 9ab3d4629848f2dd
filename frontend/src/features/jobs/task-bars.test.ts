import { describe, expect, it } from "vitest";
import { taskBars } from "./task-bars";

const AT = "2026-01-10T12:00:00Z";
const start = Date.parse(AT);

describe("taskBars", () => {
  it("shows what is done, what runs, what waits and what has failed", () => {
    const found = taskBars(
      {
        a: {
          name: "double",
          key: "double_2",
          kind: "task",
          started_at: AT,
          duration_ms: 0,
          status: "success",
        },
        b: { name: "double", kind: "task", started_at: AT },
        c: { name: "double", kind: "task" },
        d: { name: "bad", kind: "task", started_at: AT, duration_ms: 5, status: "failure" },
        "_step/stamp": { name: "stamp", key: "stamp", kind: "step", started_at: AT, duration_ms: 7 },
        e: { name: "boss", kind: "approval", started_at: AT },
        f: { name: "boss", kind: "approval", started_at: AT, duration_ms: 9, status: "failure" },
      },
      start + 100,
    );
    expect(found.map((bar) => [bar.title, bar.state, bar.job, (bar.end ?? start) - start])).toEqual([
      ["double_2", "success", "a", 0],
      ["double", "running", "b", 100],
      ["double", "queued", "c", 0],
      ["bad", "failure", "d", 5],
      ["stamp", "success", undefined, 7],
      ["boss", "suspended", "e", 100],
      ["boss", "success", "f", 9],
    ]);
  });
});
