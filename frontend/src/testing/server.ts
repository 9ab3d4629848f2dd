import { afterEach, vi } from "vitest";

export type Request = { method: string; path: string; query: URLSearchParams; body: unknown };
type Answer = { status?: number; json?: unknown; text?: string; problem?: { title: string; detail: string } };

/** Answers `fetch` from a table of `METHOD /path`; everything that was asked is recorded. */
export function serve(routes: Record<string, (request: Request) => Answer>): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const address = new URL(url, "http://postmill.test");
    const request: Request = {
      method: init.method ?? "GET",
      path: address.pathname.replace(/^\/api/, ""),
      query: address.searchParams,
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
    };
    asked.push(request);
    const route = routes[`${request.method} ${request.path}`];
    const answer: Answer = route
      ? route(request)
      : { status: 404, problem: { title: "Not found", detail: `nothing at ${request.path}` } };
    const [body, type] =
      answer.problem !== undefined
        ? [JSON.stringify(answer.problem), "application/problem+json"]
        : answer.text !== undefined
          ? [answer.text, "text/plain"]
          : [JSON.stringify(answer.json ?? null), "application/json"];
    return new Response(body, { status: answer.status ?? 200, headers: { "content-type": type } });
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());
