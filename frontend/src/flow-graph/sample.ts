/** An input schema from an example: what a webhook sends, or what a run was given. */

import type { Property, Schema } from "@/api/types";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The type of a value as JSON Schema; an empty object when it says nothing (null). */
export function propertyOf(value: unknown): Property {
  if (typeof value === "string") {
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return { type: "string", format: "date-time" };
    if (/^\d{4}-\d\d-\d\d$/.test(value)) return { type: "string", format: "date" };
    if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return { type: "string", format: "email" };
    return { type: "string" };
  }
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number" };
  if (typeof value === "boolean") return { type: "boolean" };
  if (Array.isArray(value)) return { type: "array", items: merged(value.map(propertyOf)) };
  if (isRecord(value)) {
    const properties = Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, propertyOf(member)]),
    );
    return Object.keys(properties).length > 0
      ? { type: "object", properties, order: Object.keys(properties) }
      : { type: "object" };
  }
  return {};
}

/** What fits all of the types: members of objects together, integers as numbers beside fractions. */
function merged(types: readonly Property[]): Property {
  const known = types.filter((type) => type.type !== undefined);
  const first = known[0];
  if (!first) return {};
  const names = new Set(known.map((type) => type.type));
  if (names.size === 2 && names.has("integer") && names.has("number")) return { type: "number" };
  if (names.size > 1) return {};
  if (first.type === "object") {
    const properties: Record<string, Property> = {};
    for (const type of known) {
      for (const [name, property] of Object.entries(type.properties ?? {})) {
        properties[name] = properties[name] ? merged([properties[name], property]) : property;
      }
    }
    return Object.keys(properties).length > 0
      ? { type: "object", properties, order: Object.keys(properties) }
      : { type: "object" };
  }
  if (first.type === "array") return { type: "array", items: merged(known.map((type) => type.items ?? {})) };
  return known.every((type) => type.format === first.format) ? first : { type: first.type };
}

/** The schema of an object given as an example; null when it is not an object. */
export function schemaFromSample(sample: unknown): Schema | null {
  if (!isRecord(sample)) return null;
  const properties = Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, propertyOf(value)]),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties,
    required: [],
    order: Object.keys(properties),
  };
}
