import type { Property, Schema } from "@/api/types";
import { COMPUTED_DEFAULT, orderedNames } from "./kind";

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

const same = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/**
 * Whether a member was set by hand: it is another one than the code said then. Where nobody knows what the code said,
 * whatever is there was.
 */
function isByHand(name: keyof Property, before: Property, said: Property | undefined): boolean {
  return said ? !same(before[name], said[name]) : isGiven(before[name]);
}

function keepProperty(inferred: Property, before: Property, said: Property | undefined): Property {
  const kept: Property = { ...inferred };
  if (inferred.type !== before.type) {
    // Of another type only the words hold.
    return isByHand("description", before, said)
      ? { ...inferred, description: before.description ?? "" }
      : inferred;
  }
  for (const name of BY_HAND) {
    if (isByHand(name, before, said)) Object.assign(kept, { [name]: before[name] });
  }
  const plainText = inferred.type === "string" && !inferred.format && !isGiven(inferred.enum);
  if (plainText && before.format && !inferred.contentEncoding && isByHand("format", before, said)) {
    kept.format = before.format;
  }
  if (plainText && isGiven(before.enum) && isByHand("enum", before, said)) kept.enum = before.enum;
  const choices = before.items?.enum;
  if (choices && inferred.items && !inferred.items.enum && !same(choices, said?.items?.enum)) {
    kept.items = { ...inferred.items, enum: choices };
  }
  // A default set by hand holds until the code says another one than it did then.
  const free = said ? same(inferred.default, said.default) : !isGiven(inferred.default);
  if (free && before.default !== COMPUTED_DEFAULT && isByHand("default", before, said)) {
    kept.default = before.default;
  }
  return kept;
}

/** The order that was chosen by hand, with what is new in its place behind; undefined where the code's own holds. */
function keepOrder(inferred: Schema, before: Schema, said: Schema | null): string[] | undefined {
  if (!before.order || (said && same(orderedNames(said), before.order))) return undefined;
  const order = before.order.filter((name) => name in (inferred.properties ?? {}));
  const added = orderedNames(inferred).filter((name) => !order.includes(name));
  return order.length > 0 ? [...order, ...added] : undefined;
}

/**
 * The schema of the code with what people changed by hand in the one before. `said` is what the code said when they
 * did: what is the same there came from the code, and follows it.
 */
export function keepEdits(inferred: Schema, before: Schema | null | undefined, said: Schema | null): Schema {
  if (!before) return inferred;
  const properties: Record<string, Property> = {};
  for (const [name, property] of Object.entries(inferred.properties ?? {})) {
    const known = before.properties?.[name];
    properties[name] = known ? keepProperty(property, known, said?.properties?.[name]) : property;
  }
  const order = keepOrder(inferred, before, said);
  return { ...inferred, properties, ...(order ? { order } : {}) };
}

/** The schema with one property changed; a change to undefined takes the member out. */
export function changeProperty(schema: Schema, name: string, change: Partial<Property>): Schema {
  const changed: Record<string, unknown> = { ...schema.properties?.[name], ...change };
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
