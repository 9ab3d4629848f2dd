import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobUpdate } from "@/api/types";
import { serve } from "@/testing/server";
import { watchJob } from "./watch-job";

class FakeSource {
  static made: FakeSource[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) {
    FakeSource.made.push(this);
  }
  close() {
    this.closed = true;
  }
  send(update: JobUpdate) {
    this.onmessage?.({ data: JSON.stringify(update) });
  }
}

const latest = () => FakeSource.made[FakeSource.made.length - 1] as FakeSource;

describe("watchJob", () => {
  beforeEach(() => {
    FakeSource.made = [];
    vi.stubGlobal("EventSource", FakeSource);
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it("reconnects after a timeout with the offsets it reached, and ends with the run", () => {
    const updates: JobUpdate[] = [];
    watchJob({ workspace: "main", id: "j", onUpdate: (update) => updates.push(update), onMissing: () => {} });
    latest().send({ type: "update", running: true, new_logs: "abc", log_offset: 3 });
    latest().send({ type: "ping" });
    latest().send({ type: "timeout" });
    expect(FakeSource.made).toHaveLength(2);
    expect(FakeSource.made[0]?.closed).toBe(true);
    const query = new URL(latest().url, "http://x").searchParams;
    expect([query.get("running"), query.get("log_offset")]).toEqual(["true", "3"]);
    latest().send({ type: "update", completed: true });
    expect(latest().closed).toBe(true);
    expect(updates).toHaveLength(2);
  });

  it("says when there is no such run", () => {
    const onMissing = vi.fn();
    watchJob({ workspace: "main", id: "j", onUpdate: () => {}, onMissing });
    latest().send({ type: "notfound" });
    expect(onMissing).toHaveBeenCalledOnce();
    expect(latest().closed).toBe(true);
  });

  it("polls where events do not get through", async () => {
    const asked = serve({
      "GET /w/main/jobs_u/getupdate/j": ({ query }) => ({
        json:
          query.get("log_offset") === "0"
            ? { running: true, new_logs: "x", log_offset: 1 }
            : { completed: true },
      }),
    });
    const updates: JobUpdate[] = [];
    watchJob({ workspace: "main", id: "j", onUpdate: (update) => updates.push(update), onMissing: () => {} });
    latest().onerror?.();
    await vi.advanceTimersByTimeAsync(500);
    latest().onerror?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(updates).toEqual([{ running: true, new_logs: "x", log_offset: 1 }, { completed: true }]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(2);
  });
});
