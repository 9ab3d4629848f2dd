import { describe, expect, it } from "vitest";
import type { Property } from "@/api/types";
import { fieldKind, kindWords, orderedNames } from "./kind";

const cases: [string, Property, object][] = [
  ["str", { type: "string", originalType: "string" }, { kind: "text", input: "text" }],
  ["password", { type: "string", password: true }, { kind: "text", input: "password" }],
  ["email", { type: "string", format: "email" }, { kind: "text", input: "email" }],
  ["textarea", { type: "string", format: "textarea" }, { kind: "textarea" }],
  [
    "enum",
    { type: "string", enum: ["a", "b"], originalType: "enum" },
    { kind: "enum", values: ["a", "b"], radio: false },
  ],
  ["empty enum", { type: "string", enum: [] }, { kind: "text", input: "text" }],
  [
    "int",
    { type: "integer", min: 1, max: 5 },
    { kind: "number", integer: true, min: 1, max: 5, slider: true },
  ],
  ["float", { type: "number" }, { kind: "number", integer: false, slider: false }],
  ["bool", { type: "boolean" }, { kind: "boolean" }],
  ["bytes", { type: "string", contentEncoding: "base64", originalType: "bytes" }, { kind: "file" }],
  ["date", { type: "string", format: "date" }, { kind: "date" }],
  ["date-time", { type: "string", format: "date-time" }, { kind: "date-time" }],
  ["sql", { type: "string", format: "sql" }, { kind: "code", language: "sql" }],
  ["yaml", { type: "string", format: "yaml" }, { kind: "code", language: "yaml" }],
  ["resource", { type: "object", format: "resource-postgresql" }, { kind: "resource", type: "postgresql" }],
  ["s3", { type: "object", format: "resource-s3_object" }, { kind: "stored-file" }],
  [
    "dataclass",
    { type: "object", format: "resource-Order", properties: { sku: { type: "string" } } },
    { kind: "object", order: ["sku"] },
  ],
  ["dict", { type: "object", properties: {} }, { kind: "json" }],
  ["one of", { type: "object", oneOf: [{ type: "object", title: "a" }] }, { kind: "one-of" }],
  [
    "dynselect",
    { type: "object", format: "dynselect-cities" },
    { kind: "dynamic", entrypoint: "cities", multiple: false },
  ],
  [
    "dynmultiselect",
    { type: "object", format: "dynmultiselect-cities" },
    { kind: "dynamic", multiple: true },
  ],
  ["list of str", { type: "array", items: { type: "string" } }, { kind: "list", item: { type: "string" } }],
  [
    "list of enum",
    { type: "array", items: { type: "string", enum: ["x"] } },
    { kind: "choices", values: ["x"] },
  ],
  [
    "list of resources",
    { type: "array", items: { type: "resource", resourceType: "smtp" } },
    { kind: "list", item: { type: "resource", resourceType: "smtp" } },
  ],
  ["resource item", { type: "resource", resourceType: "smtp" }, { kind: "resource", type: "smtp" }],
  ["unknown", { type: "" }, { kind: "unknown" }],
];

describe("fieldKind", () => {
  it.each(cases)("asks for %s with its own field", (_name, property, expected) => {
    expect(fieldKind(property)).toMatchObject(expected);
  });
});

describe("orderedNames", () => {
  it("follows the order, then what it leaves out, and drops what does not exist", () => {
    expect(orderedNames({ properties: { a: {}, b: {}, c: {} }, order: ["c", "gone", "a"] })).toEqual([
      "c",
      "a",
      "b",
    ]);
  });
});

describe("the type of an argument in words", () => {
  it.each<[string, Property]>([
    ["integer", { type: "integer" }],
    ["list of texts", { type: "array", items: { type: "string" }, originalType: "string[]" }],
    [
      "list of Line",
      { type: "array", items: { type: "resource", resourceType: "Line" }, originalType: "resource[]" },
    ],
    ["list of objects", { type: "array", items: { type: "object" }, originalType: "record[]" }],
    ["postgresql", { type: "object", format: "resource-postgresql" }],
    ["any", { type: "" }],
  ])("%s", (words, property) => {
    expect(kindWords(property)).toBe(words);
  });
});
