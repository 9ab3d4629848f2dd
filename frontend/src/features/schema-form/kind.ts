import type { Json, Property } from "@/api/types";

/** How one argument is asked for. Every case has exactly one field component. */
export type Kind =
  | { kind: "text"; input: "text" | "password" | "email" | "url" }
  | { kind: "textarea" }
  | { kind: "code"; language: string }
  | { kind: "number"; integer: boolean; min?: number; max?: number; slider: boolean }
  | { kind: "boolean" }
  | { kind: "enum"; values: Json[]; labels: Record<string, string>; radio: boolean }
  | { kind: "date" }
  | { kind: "time" }
  | { kind: "date-time" }
  | { kind: "file" }
  | { kind: "list"; item: Property }
  | { kind: "choices"; values: string[] }
  | { kind: "object"; properties: Record<string, Property>; order: string[]; required: string[] }
  | { kind: "one-of"; variants: Property[] }
  | { kind: "resource"; type: string }
  | { kind: "stored-file" }
  | { kind: "dynamic"; entrypoint: string; multiple: boolean }
  | { kind: "json" }
  | { kind: "unknown" };

/** The default that Python computes when it runs; it is not a value to send. */
export const COMPUTED_DEFAULT = "<function call>";

const CODE_FORMATS = new Set(["sql", "yaml", "json", "html", "python", "markdown"]);

function enumKind(property: Property, values: Json[]): Kind {
  const labels = property.enumLabels ?? {};
  return { kind: "enum", values, labels, radio: property.widget === "radio" };
}

/** A slider where both ends are known and near enough to be hit. */
function numberKind(property: Property): Kind {
  const min = property.min ?? property.minimum;
  const max = property.max ?? property.maximum;
  const ranged = min !== undefined && max !== undefined && max > min && max - min <= 1000;
  return {
    kind: "number",
    integer: property.type === "integer",
    min,
    max,
    slider: ranged && property.widget !== "input",
  };
}

function stringKind(property: Property): Kind {
  if (property.contentEncoding === "base64") return { kind: "file" };
  if (property.enum && property.enum.length > 0) {
    return enumKind(property, property.enum);
  }
  if (property.password) return { kind: "text", input: "password" };
  const format = property.format ?? "";
  if (format === "date") return { kind: "date" };
  if (format === "time") return { kind: "time" };
  if (format === "date-time") return { kind: "date-time" };
  if (format === "email") return { kind: "text", input: "email" };
  if (format === "uri" || format === "url") return { kind: "text", input: "url" };
  if (format === "textarea") return { kind: "textarea" };
  if (format === "password") return { kind: "text", input: "password" };
  if (CODE_FORMATS.has(format)) return { kind: "code", language: format };
  if (property.minRows && property.minRows > 1) return { kind: "textarea" };
  return { kind: "text", input: "text" };
}

function arrayKind(property: Property): Kind {
  const item = property.items ?? {};
  const choices = item.enum;
  if (choices && choices.length > 0 && choices.every((value) => typeof value === "string")) {
    return { kind: "choices", values: choices as string[] };
  }
  return { kind: "list", item };
}

/** The names of the properties in the order in which they are asked. */
export function orderedNames(schema: { properties?: Record<string, Property>; order?: string[] }): string[] {
  const names = Object.keys(schema.properties ?? {});
  const order = (schema.order ?? []).filter((name) => names.includes(name));
  return [...order, ...names.filter((name) => !order.includes(name))];
}

function objectKind(property: Property): Kind {
  const format = property.format ?? "";
  if (format.startsWith("dynselect-")) {
    return { kind: "dynamic", entrypoint: format.slice("dynselect-".length), multiple: false };
  }
  if (format.startsWith("dynmultiselect-")) {
    return { kind: "dynamic", entrypoint: format.slice("dynmultiselect-".length), multiple: true };
  }
  if (property.oneOf && property.oneOf.length > 0) return { kind: "one-of", variants: property.oneOf };
  if (property.properties && Object.keys(property.properties).length > 0) {
    return {
      kind: "object",
      properties: property.properties,
      order: orderedNames(property),
      required: property.required ?? [],
    };
  }
  if (format === "resource-s3_object" || format === "resource-S3Object") return { kind: "stored-file" };
  if (format.startsWith("resource-")) return { kind: "resource", type: format.slice("resource-".length) };
  return { kind: "json" };
}

export function fieldKind(property: Property): Kind {
  switch (property.type) {
    case "string":
      return stringKind(property);
    case "integer":
    case "number":
      return numberKind(property);
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return arrayKind(property);
    case "resource":
      return { kind: "resource", type: property.resourceType ?? "" };
    case "object":
      return objectKind(property);
    default:
      if (property.enum && property.enum.length > 0) {
        return enumKind(property, property.enum);
      }
      if (property.oneOf && property.oneOf.length > 0) return { kind: "one-of", variants: property.oneOf };
      return { kind: "unknown" };
  }
}

const WORDS: Partial<Record<Kind["kind"], string>> = {
  textarea: "long text",
  "one-of": "one of",
  "date-time": "date and time",
  "stored-file": "stored file",
  enum: "choice",
  dynamic: "choice",
  json: "object",
  unknown: "any",
};
const SEVERAL: Partial<Record<Kind["kind"], string>> = {
  text: "texts",
  number: "numbers",
  boolean: "booleans",
  date: "dates",
  "date-time": "dates with a time",
  file: "files",
  "stored-file": "stored files",
  json: "objects",
  object: "objects",
};

/** The type of an argument in words: `integer`, `list of texts`, the name of a resource type. */
export function kindWords(property: Property): string {
  const kind = fieldKind(property);
  if (kind.kind === "resource") return kind.type || "resource";
  if (kind.kind === "number") return kind.integer ? "integer" : "number";
  if (kind.kind === "list") {
    const item = fieldKind(kind.item);
    if (item.kind === "unknown") return "list";
    return `list of ${SEVERAL[item.kind] ?? kindWords(kind.item)}`;
  }
  return WORDS[kind.kind] ?? kind.kind;
}

/** The member of a variant that names it: `label` or `kind`. */
export function discriminator(variant: Property): "label" | "kind" {
  return variant.properties?.kind && !variant.properties.label ? "kind" : "label";
}
