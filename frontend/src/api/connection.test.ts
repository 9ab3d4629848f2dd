// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { call } from "./client";
import { useConnectionLost } from "./connection";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = (ms = 0) => act(() => vi.advanceTimersByTimeAsync(ms));

it("is lost from a call without an answer until the server answers again", async () => {
  let answer: () => Response = () => {
    throw new TypeError("Failed to fetch");
  };
  vi.stubGlobal("fetch", async () => answer());
  const { result } = renderHook(useConnectionLost);
  expect(result.current).toBe(false);

  await expect(call("GET", "/x")).rejects.toMatchObject({ status: 0 });
  await settle();
  expect(result.current).toBe(true);

  answer = () => new Response("", { status: 502 });
  await settle(2000);
  expect(result.current).toBe(true);

  answer = () => new Response("1", { headers: { "content-type": "text/plain" } });
  await settle(2000);
  expect(result.current).toBe(false);
});

it("is not lost for one call that failed while the server answers", async () => {
  vi.stubGlobal("fetch", async (url: string) => {
    if (url !== "/api/version") throw new TypeError("Failed to fetch");
    return new Response("1");
  });
  const { result } = renderHook(useConnectionLost);
  await expect(call("GET", "/x")).rejects.toMatchObject({ status: 0 });
  await settle();
  expect(result.current).toBe(false);
});
