/** A value in a line: for previews beside what produces it. */
export function shortValue(value: unknown, length = 120): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
