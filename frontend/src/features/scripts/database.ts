import type { Args } from "@/api/types";

/** The resource that a query asks: the one named in its first comments, else the one chosen in the form. */
export function databaseOf(code: string, args: Args): string | null {
  const named = /^\s*(?:--|#)\s*database\s+(\S+)/m.exec(code)?.[1];
  if (named) return named.replace(/^\$res:/, "");
  return typeof args.database === "string" && args.database.startsWith("$res:")
    ? args.database.slice("$res:".length)
    : null;
}
