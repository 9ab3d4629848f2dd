import { cellText } from "./csv";

/**
 * Whether a cell passes what was typed above its column: `> 5`, `<= 2024-01-01`, `= exact`, `!= this`, `empty`, `!empty`;
 * anything else must occur in it.
 */
export function passes(value: unknown, typed: string): boolean {
  const text = typed.trim();
  if (text === "") return true;
  const missing = value === null || value === undefined || value === "";
  if (text === "empty") return missing;
  if (text === "!empty") return !missing;
  const found = /^(>=|<=|!=|>|<|=)\s*(.+)$/.exec(text);
  if (!found) return cellText(value).toLowerCase().includes(text.toLowerCase());
  const [, sign, wanted = ""] = found;
  if (missing) return sign === "!=";
  const order = compared(value, wanted);
  switch (sign) {
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    default:
      return order !== 0;
  }
}

function compared(value: unknown, wanted: string): number {
  const number = Number(wanted);
  if (typeof value === "number" && !Number.isNaN(number)) return value - number;
  return cellText(value).localeCompare(wanted, "en", { numeric: true, sensitivity: "base" });
}
