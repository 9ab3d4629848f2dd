import type { Args } from "@/api/types";
import { inWords } from "./sealed";

const LONGEST_VALUE = 40;

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${value.length}]`;
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0 ? "{}" : "{…}";
  return String(value);
}

/** Arguments in one line, for a list of runs: `month: 2026-01, top: 10`. */
export function argsLine(args: Args | null | undefined): string {
  return Object.entries(args ?? {})
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => {
      const text = shown(inWords(value)).replace(/\s+/g, " ");
      return `${name}: ${text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text}`;
    })
    .join(", ");
}
