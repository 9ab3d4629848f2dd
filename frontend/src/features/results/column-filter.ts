import { cellText } from "./csv";
import type { RowColumn, RowsFilter } from "./rows";

const OPS: Record<string, string> = { ">": "gt", "<": "lt", ">=": "ge", "<=": "le", "=": "eq", "!=": "ne" };
const NUMERIC = new Set(["int", "float", "decimal"]);

/** What was typed above the column, for rows that the server filters; null while it says nothing yet. */
export function filterOf(column: RowColumn, typed: string): RowsFilter | null {
  const text = typed.trim();
  if (text === "") return null;
  if (text === "empty") return { column: column.name, op: "is_null" };
  if (text === "!empty") return { column: column.name, op: "not_null" };
  const [, sign, wanted] = /^(>=|<=|!=|>|<|=)\s*(.*)$/.exec(text) ?? [];
  const op = sign && OPS[sign];
  if (!op) return { column: column.name, op: "contains", value: text };
  if (!wanted) return null;
  if (NUMERIC.has(column.kind)) {
    return Number.isNaN(Number(wanted)) ? null : { column: column.name, op, value: Number(wanted) };
  }
  if (column.kind === "bool") {
    return wanted === "true" || wanted === "false"
      ? { column: column.name, op, value: wanted === "true" }
      : null;
  }
  return { column: column.name, op, value: wanted };
}

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
