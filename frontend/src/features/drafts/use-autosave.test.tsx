// @vitest-environment jsdom
import { act, renderHook, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { serve } from "@/testing/server";
import { useAutosave } from "./use-autosave";

function drafts() {
  const stored = new Map<string, unknown>();
  const answer = (path: string) => (request: { body: unknown }) => {
    stored.set(path, (request.body as { value: unknown }).value);
    return { json: { status: "saved", current_timestamp: "2026-01-01T00:00:00Z" } };
  };
  const remove = (path: string) => () => {
    stored.delete(path);
    return { text: "deleted" };
  };
  serve({
    "POST /w/main/drafts/update/script/u/a/old": answer("old"),
    "POST /w/main/drafts/update/script/u/a/new": answer("new"),
    "POST /w/main/drafts/delete_for_user/script/u/a/old": remove("old"),
    "POST /w/main/drafts/delete_for_user/script/u/a/new": remove("new"),
  });
  return stored;
}

describe("useAutosave", () => {
  it("moves the draft along when the path changes", async () => {
    const stored = drafts();
    let path = "u/a/old";
    const { result } = renderHook(() => useAutosave("main", () => ({ path, value: { code: path } })));
    await act(() => result.current.save());
    expect([...stored.keys()]).toEqual(["old"]);
    path = "u/a/new";
    await act(() => result.current.save());
    expect([...stored]).toEqual([["new", { code: "u/a/new" }]]);
    expect(result.current.state).toBe("saved");
  });

  it("leaves no draft behind when it is discarded while a save is under way", async () => {
    const stored = drafts();
    let path = "u/a/old";
    const { result } = renderHook(() => useAutosave("main", () => ({ path, value: 1 })));
    await act(() => result.current.save());
    path = "u/a/new";
    await act(async () => {
      const saving = result.current.save();
      const discarding = result.current.discard();
      await Promise.all([saving, discarding]);
    });
    expect([...stored.keys()]).toEqual([]);
    expect(result.current.state).toBe("clean");
  });

  it("calls nothing saved that was typed while a save was under way, and takes it along when it is left", async () => {
    const stored: unknown[] = [];
    let touch = () => {};
    let value = "first";
    serve({
      "POST /w/main/drafts/update/script/u/a/old": ({ body }) => {
        stored.push((body as { value: unknown }).value);
        if (value === "first") {
          value = "second";
          touch();
        }
        return { json: { status: "saved", current_timestamp: "t1" } };
      },
    });
    const { result, unmount } = renderHook(() => useAutosave("main", () => ({ path: "u/a/old", value })));
    touch = result.current.touch;
    await act(() => result.current.save());
    expect(result.current.state).toBe("unsaved");
    unmount();
    await waitFor(() => expect(stored).toEqual(["first", "second"]));
  });

  it("saves nothing when it is left without a change, or after a discard", async () => {
    const asked = serve({
      "POST /w/main/drafts/delete_for_user/script/u/a/old": () => ({ text: "deleted" }),
    });
    const first = renderHook(() => useAutosave("main", () => ({ path: "u/a/old", value: 1 })));
    first.unmount();
    const second = renderHook(() => useAutosave("main", () => ({ path: "u/a/old", value: 1 })));
    await act(async () => {
      second.result.current.touch();
      await second.result.current.discard();
    });
    second.unmount();
    expect(asked).toEqual([]);
  });

  it("writes nothing over a change made elsewhere until it is told to", async () => {
    const asked = serve({
      "POST /w/main/drafts/update/script/u/a/old": ({ body }) => ({
        json: { status: (body as { force?: boolean }).force ? "saved" : "conflict", current_timestamp: "t2" },
      }),
    });
    const { result } = renderHook(() => useAutosave("main", () => ({ path: "u/a/old", value: 1 })));
    act(() => result.current.opened("t1", "u/a/old"));
    await act(() => result.current.save());
    await waitFor(() => expect(result.current.state).toBe("conflict"));
    expect(asked[0]?.body).toMatchObject({ last_sync: "t1" });
    await act(() => result.current.save(true));
    expect(result.current.state).toBe("saved");
  });
});
