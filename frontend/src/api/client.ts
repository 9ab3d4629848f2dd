import { doubtConnection } from "./connection";

/** A failed call: what the server said, as RFC 9457 problem or plain text. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail || title);
    this.name = "ApiProblem";
  }
}

type QueryValue = string | number | boolean | null | undefined;

export type CallOptions = {
  query?: Record<string, QueryValue>;
  body?: unknown;
  signal?: AbortSignal;
};

const TITLES: Record<number, string> = {
  0: "The server cannot be reached",
  400: "The server did not accept this",
  401: "You are not signed in, or may not do this",
  403: "You may not do this",
  404: "Not found",
  413: "This is too large",
  429: "Too many requests",
};

/** What is said when there is no connection; that there is none is looked into. */
export function unreachable(): ApiProblem {
  doubtConnection();
  return new ApiProblem(0, "The server cannot be reached", "Check that Postmill is running and try again.");
}

/** Percent-escapes an item path segment by segment, so that its slashes stay. */
export function pathOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** The address of an API operation: `path` is relative to `/api`. */
export function apiUrl(path: string, query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return `/api${path}${text ? `?${text}` : ""}`;
}

/** The sentence of a problem; servers begin it with the title, which is shown beside it. */
function withoutTitle(detail: string, title: string): string {
  if (!detail.toLowerCase().startsWith(`${title.toLowerCase()}: `)) return detail;
  const rest = detail.slice(title.length + 2);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text();
  const fallback =
    TITLES[response.status] ?? (response.status >= 500 ? "The server failed" : response.statusText);
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      const body = JSON.parse(text) as { title?: string; detail?: string };
      const title = body.title ?? fallback;
      return new ApiProblem(response.status, title, withoutTitle(body.detail ?? "", title));
    } catch {
      return new ApiProblem(response.status, fallback, text);
    }
  }
  return new ApiProblem(response.status, fallback, text.slice(0, 2000));
}

/**
 * Calls one operation. The answer is JSON, text or undefined, as its content type says.
 * Throws ApiProblem for every status from 400 on and, with status 0, when there is no connection.
 */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path, options.query), {
      method,
      signal: options.signal,
      credentials: "same-origin",
      headers: {
        Accept: "application/problem+json, application/json, text/plain;q=0.9",
        ...(options.body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (response.status === 502 || response.status === 504) doubtConnection();
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("json")) return (await response.json()) as T;
  return (await response.text()) as T;
}

export const get = <T>(path: string, query?: CallOptions["query"], signal?: AbortSignal) =>
  call<T>("GET", path, { query, signal });
export const post = <T>(path: string, body?: unknown, query?: CallOptions["query"]) =>
  call<T>("POST", path, { body, query });
export const remove = <T>(path: string, query?: CallOptions["query"]) => call<T>("DELETE", path, { query });

export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof ApiProblem && statuses.includes(error.status);
}
