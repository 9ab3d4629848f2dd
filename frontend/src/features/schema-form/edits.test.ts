import { describe, expect, it } from "vitest";
import type { Schema } from "@/api/types";
import { changeProperty, keepEdits, moveProperty } from "./edits";

const inferred: Schema = {
  properties: {
    a: { type: "string", description: "", default: null },
    b: { type: "integer", description: "", default: 5 },
    c: { type: "array", items: { type: "string" } },
  },
  required: ["a"],
};

describe("edits of a schema by hand", () => {
  it("survive another look at the code", () => {
    const edited: Schema = {
      ...inferred,
      properties: {
        a: {
          type: "string",
          description: "Who",
          default: "Ada",
          format: "textarea",
          showExpr: "fields.b > 1",
          enum: ["Ada", "Bob"],
        },
        b: { type: "integer", description: "How many", default: 9, min: 1, max: 10 },
        c: { type: "array", items: { type: "string", enum: ["x", "y"] } },
      },
      order: ["b", "a", "c"],
    };
    const kept = keepEdits(inferred, edited);
    expect(kept.properties.a).toEqual(edited.properties.a);
    expect(kept.properties.b).toEqual({
      type: "integer",
      description: "How many",
      default: 5,
      min: 1,
      max: 10,
    });
    expect(kept.properties.c?.items?.enum).toEqual(["x", "y"]);
    expect(kept.order).toEqual(["b", "a", "c"]);
  });

  it("keep only the words where the type changed, and forget what is gone", () => {
    const before: Schema = {
      properties: {
        a: { type: "integer", description: "Who", min: 3, default: 4 },
        gone: { type: "string" },
      },
      order: ["gone", "a"],
    };
    const kept = keepEdits(inferred, before);
    expect(kept.properties.a).toEqual({ type: "string", description: "Who", default: null });
    expect(kept.order).toEqual(["a", "b", "c"]);
  });

  it("change one property, or its place", () => {
    const changed = changeProperty(inferred, "b", { min: 2, default: undefined });
    expect(changed.properties.b).toEqual({ type: "integer", description: "", min: 2 });
    expect(moveProperty(inferred, ["a", "b", "c"], "c", -1).order).toEqual(["a", "c", "b"]);
    expect(moveProperty(inferred, ["a", "b", "c"], "a", -1)).toBe(inferred);
  });
});
