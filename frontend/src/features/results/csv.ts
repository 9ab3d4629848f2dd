import type { Row } from "./kind";

/** One cell as text: nothing for null, JSON for nested values. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell that a spreadsheet would run as a formula is made text by an apostrophe; numbers stay numbers. */
function harmless(value: unknown): string {
  const text = cellText(value);
  return typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text)
    ? `'${text}`
    : text;
}

/** The rows as CSV (RFC 4180). */
export function toCsv(columns: readonly string[], rows: readonly Row[]): string {
  const lines = [columns.map((name) => quoted(harmless(name))).join(",")];
  for (const row of rows) lines.push(columns.map((name) => quoted(harmless(row[name]))).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/** The rows as spreadsheets take them from the clipboard: tabs between cells, one line each. */
export function toTabs(columns: readonly string[], rows: readonly Row[]): string {
  const flat = (value: unknown) => harmless(value).replace(/[\t\r\n]+/g, " ");
  return [columns.map(flat), ...rows.map((row) => columns.map((name) => flat(row[name])))]
    .map((cells) => cells.join("\t"))
    .join("\n");
}
