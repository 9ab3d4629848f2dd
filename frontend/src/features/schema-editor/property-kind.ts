import type { Property } from "@/api/types";

/** The kinds of inputs that people choose from; each is one shape of JSON Schema. */
export const PROPERTY_KINDS = [
  "text",
  "long",
  "integer",
  "number",
  "boolean",
  "choice",
  "date",
  "datetime",
  "time",
  "email",
  "password",
  "file",
  "stored",
  "list",
  "object",
  "resource",
  "any",
] as const;
export type PropertyKind = (typeof PROPERTY_KINDS)[number];

export const KIND_LABELS: Record<PropertyKind, string> = {
  text: "Text",
  long: "Long text",
  integer: "Whole number",
  number: "Number",
  boolean: "Yes or no",
  choice: "Choice",
  date: "Date",
  datetime: "Date and time",
  time: "Time of day",
  email: "Email address",
  password: "Password",
  file: "File",
  stored: "Stored file",
  list: "List",
  object: "Object",
  resource: "Resource",
  any: "Anything",
};

const SHAPES: Record<PropertyKind, Property> = {
  text: { type: "string" },
  long: { type: "string", format: "textarea" },
  integer: { type: "integer" },
  number: { type: "number" },
  boolean: { type: "boolean", default: false },
  choice: { type: "string", enum: [] },
  date: { type: "string", format: "date" },
  datetime: { type: "string", format: "date-time" },
  time: { type: "string", format: "time" },
  email: { type: "string", format: "email" },
  password: { type: "string", password: true },
  file: { type: "string", contentEncoding: "base64" },
  stored: { type: "object", format: "resource-s3_object" },
  list: { type: "array", items: { type: "string" } },
  object: { type: "object" },
  resource: { type: "object", format: "resource-" },
  any: {},
};

export function kindOf(property: Property): PropertyKind {
  switch (property.type) {
    case "string":
      if (property.contentEncoding === "base64") return "file";
      if (property.enum) return "choice";
      if (property.password || property.format === "password") return "password";
      if (property.format === "textarea") return "long";
      if (property.format === "date") return "date";
      if (property.format === "date-time") return "datetime";
      if (property.format === "time") return "time";
      return property.format === "email" ? "email" : "text";
    case "integer":
      return "integer";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return "list";
    case "object":
      if (property.format === "resource-s3_object") return "stored";
      return property.format?.startsWith("resource-") ? "resource" : "object";
    default:
      return "any";
  }
}

/** The property as another kind: what it is called and described as stays, its default goes. */
export function withKind(property: Property, kind: PropertyKind): Property {
  const { title, description } = property;
  return { ...(title ? { title } : {}), ...(description ? { description } : {}), ...SHAPES[kind] };
}
