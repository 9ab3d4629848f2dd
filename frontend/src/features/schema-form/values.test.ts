import { describe, expect, it } from "vitest";
import type { Schema } from "@/api/types";
import {
  argsToHash,
  carryOver,
  hashToArgs,
  initialArgs,
  nameInWords,
  sendable,
  Unparsed,
  validate,
} from "./values";

const schema: Schema = {
  type: "object",
  required: ["name", "rows", "options"],
  properties: {
    name: { type: "string", default: null, pattern: "^[a-z]+$", customErrorMessage: "Small letters only." },
    rows: { type: "integer", min: 1, max: 10, default: null },
    when: { type: "string", format: "date-time", default: "<function call>" },
    dry: { type: "boolean", default: null },
    tags: { type: "array", items: { type: "integer" }, default: [1] },
    options: { type: "object", properties: { depth: { type: "integer" } }, required: ["depth"] },
    shape: {
      type: "object",
      oneOf: [
        {
          type: "object",
          title: "box",
          properties: { label: { type: "string" }, w: { type: "number" } },
          required: ["w"],
        },
      ],
    },
    raw: { type: "object", properties: {} },
  },
};

describe("initialArgs", () => {
  it("takes defaults, but not those that the script computes, and lets given arguments win", () => {
    expect(initialArgs(schema, { name: "ada", unknown: 1 })).toEqual({ name: "ada", dry: false, tags: [1] });
  });

  it("takes the default of a boolean that is said as text for what it means", () => {
    const on = (fallback: string | null): Schema => ({
      type: "object",
      properties: { on: { type: "boolean", default: fallback } },
    });
    expect(initialArgs(on("true"))).toEqual({ on: true });
    expect(initialArgs(on("false"))).toEqual({ on: false });
    expect(carryOver(on("true"), on("false"), { on: true })).toEqual({ on: false });
  });
});

describe("validate", () => {
  it("names the place of every problem", () => {
    const errors = validate(schema, {
      name: "Ada",
      rows: 11,
      tags: [1, 2.5],
      options: {},
      shape: { label: "box" },
      raw: new Unparsed("{"),
    });
    expect(Object.keys(errors).sort()).toEqual([
      "name",
      "options.depth",
      "raw",
      "rows",
      "shape.w",
      "tags[1]",
    ]);
    expect(errors.name).toBe("Small letters only.");
  });

  it("accepts references in the place of values", () => {
    expect(validate(schema, { name: "$var:u/ada/name", rows: 3, options: "$res:f/a/b" })).toEqual({});
  });

  it("asks for required arguments", () => {
    expect(Object.keys(validate(schema, {})).sort()).toEqual(["name", "options", "rows"]);
  });
});

describe("links with arguments", () => {
  it("come back as they were", () => {
    const args = { name: "a & b=c", rows: 3, list: [1, { x: null }], text: "12", none: undefined };
    expect(hashToArgs(`#${argsToHash(args)}`)).toEqual(sendable(args));
  });

  it("take values that are not JSON as text", () => {
    expect(hashToArgs("#name=ada")).toEqual({ name: "ada" });
  });
});

describe("carryOver", () => {
  it("keeps what was typed while the signature changes, and takes new defaults for the rest", () => {
    const before: Schema = {
      properties: {
        a: { type: "string", default: "x" },
        b: { type: "integer", default: 1 },
        c: { type: "string" },
      },
    };
    const after: Schema = {
      properties: {
        a: { type: "string", default: "y" },
        b: { type: "string", default: null },
        d: { type: "number", default: 2 },
      },
    };
    expect(carryOver(before, after, { a: "x", b: 5, c: "gone" })).toEqual({ a: "y", d: 2 });
    expect(carryOver(before, after, { a: "typed", b: 5 })).toEqual({ a: "typed", d: 2 });
    expect(carryOver({}, after, { a: "typed" })).toEqual({ a: "typed", d: 2 });
    expect(carryOver(before, {}, { a: "typed" })).toEqual({});
  });
});

describe("nameInWords", () => {
  it("writes names of arguments as people do", () => {
    expect(["max_amount", "maxAmount", "note", "_"].map(nameInWords)).toEqual([
      "Max amount",
      "Max amount",
      "Note",
      "_",
    ]);
  });
});
