import type { Property, Schema } from "@/api/types";
import { COMPUTED_DEFAULT } from "./kind";

/** What people add to a property by hand, and what no signature says. */
const BY_HAND = [
  "description",
  "title",
  "placeholder",
  "pattern",
  "customErrorMessage",
  "min",
  "max",
  "currency",
  "currencyLocale",
  "multiselect",
  "showExpr",
  "password",
  "dateFormat",
  "minRows",
  "enumLabels",
  "widget",
  "nullable",
] as const satisfies readonly (keyof Property)[];

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function keepProperty(inferred: Property, before: Property): Property {
  const kept: Property = { ...inferred };
  for (const name of BY_HAND) {
    if (isGiven(before[name])) Object.assign(kept, { [name]: before[name] });
  }
  if (inferred.type !== before.type) {
    // Of another type only the words hold.
    return isGiven(before.description) ? { ...inferred, description: before.description } : inferred;
  }
  const plainText = inferred.type === "string" && !inferred.format && !isGiven(inferred.enum);
  if (plainText && before.format && !inferred.contentEncoding) kept.format = before.format;
  if (plainText && isGiven(before.enum)) kept.enum = before.enum;
  if (before.items?.enum && inferred.items && !inferred.items.enum) {
    kept.items = { ...inferred.items, enum: before.items.enum };
  }
  // A default in the code wins over one that was set here.
  if (!isGiven(inferred.default) && isGiven(before.default) && before.default !== COMPUTED_DEFAULT) {
    kept.default = before.default;
  }
  return kept;
}

/** The schema of the code with what people changed by hand in the one before. */
export function keepEdits(inferred: Schema, before: Schema | null | undefined): Schema {
  if (!before) return inferred;
  const properties: Record<string, Property> = {};
  for (const [name, property] of Object.entries(inferred.properties)) {
    const known = before.properties[name];
    properties[name] = known ? keepProperty(property, known) : property;
  }
  const order = before.order?.filter((name) => name in properties) ?? [];
  if (order.length === 0) return { ...inferred, properties };
  const added = Object.keys(properties).filter((name) => !order.includes(name));
  return { ...inferred, properties, order: [...order, ...added] };
}

/** The schema with one property changed; a change to undefined takes the member out. */
export function changeProperty(schema: Schema, name: string, change: Partial<Property>): Schema {
  const changed: Record<string, unknown> = { ...schema.properties[name], ...change };
  for (const key of Object.keys(change)) if (changed[key] === undefined) delete changed[key];
  return { ...schema, properties: { ...schema.properties, [name]: changed as Property } };
}

/** The schema with a property moved by so many places. */
export function moveProperty(schema: Schema, names: readonly string[], name: string, by: number): Schema {
  const order = [...names];
  const from = order.indexOf(name);
  const to = Math.min(order.length - 1, Math.max(0, from + by));
  if (from < 0 || from === to) return schema;
  order.splice(from, 1);
  order.splice(to, 0, name);
  return { ...schema, order };
}
