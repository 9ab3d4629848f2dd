/** Conditions that people write by choosing: a value, how it compares, and with what. */

import { isPlainPath } from "./wiring";

export const OPERATORS = {
  ">": "is greater than",
  ">=": "is at least",
  "<": "is less than",
  "<=": "is at most",
  "===": "is",
  "!==": "is not",
} as const;
export type Operator = keyof typeof OPERATORS;
export type Constant = string | number | boolean | null;

/** `operator` is null while only a value was chosen: then its truth decides. */
export type Comparison = { path: string; operator: Operator | null; value: Constant };

const SHAPE = /^(.+?)\s*(===|!==|==|!=|>=|<=|>|<)\s*(.+)$/;
const LOOSE: Record<string, Operator> = { "==": "===", "!=": "!==" };

function constantOf(text: string): { value: Constant } | null {
  const quoted = /^'([^'\\]*)'$/.exec(text);
  if (quoted) return { value: quoted[1] ?? "" };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? null : { value: value as Constant };
  } catch {
    return null;
  }
}

/** The comparison that an expression is, or null for what is more than that. */
export function readComparison(text: string): Comparison | null {
  const trimmed = text.trim();
  if (isPlainPath(trimmed)) return { path: trimmed, operator: null, value: null };
  const [, path = "", sign = "", right = ""] = SHAPE.exec(trimmed) ?? [];
  const constant = constantOf(right);
  if (!constant || !isPlainPath(path)) return null;
  return { path, operator: LOOSE[sign] ?? (sign as Operator), value: constant.value };
}

export function writeComparison({ path, operator, value }: Comparison): string {
  return operator === null ? path : `${path} ${operator} ${JSON.stringify(value)}`;
}

/** What somebody means who types a constant: a number, yes or no, nothing, else text. */
export function typedConstant(text: string): Constant {
  const trimmed = text.trim();
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  return trimmed === "null" ? null : text;
}
