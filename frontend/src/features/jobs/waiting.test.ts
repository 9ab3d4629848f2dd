import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { waitReason } from "./waiting";

const queued = (members: object) => ({ type: "QueuedJob", running: false, tag: "gpu", ...members }) as Job;

describe("waitReason", () => {
  it("tells a time and a limit before it looks for workers", () => {
    expect(waitReason(queued({ waiting_for: "time" }), false)).toBe("time");
    expect(waitReason(queued({ waiting_for: "concurrency" }), false)).toBe("concurrency");
  });

  it("blames missing workers only once it is known that there are none", () => {
    expect(waitReason(queued({}), undefined)).toBe("worker");
    expect(waitReason(queued({}), true)).toBe("worker");
    expect(waitReason(queued({}), false)).toBe("unserved");
  });

  it("has none for what runs, waits for an approval or has ended", () => {
    expect(waitReason(queued({ running: true }), false)).toBeNull();
    expect(waitReason(queued({ suspend: 1 }), false)).toBeNull();
    expect(waitReason({ type: "CompletedJob" } as Job, false)).toBeNull();
  });
});
