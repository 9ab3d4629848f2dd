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
    const kept = keepEdits(inferred, edited, null);
    expect(kept.properties?.a).toEqual(edited.properties?.a);
    expect(kept.properties?.b).toEqual({
      type: "integer",
      description: "How many",
      default: 5,
      min: 1,
      max: 10,
    });
    expect(kept.properties?.c?.items?.enum).toEqual(["x", "y"]);
    expect(kept.order).toEqual(["b", "a", "c"]);
  });

  it("are none in a schema that names no argument", () => {
    expect(keepEdits(inferred, {}, null)).toEqual(inferred);
    expect(changeProperty({}, "a", { type: "string" }).properties).toEqual({ a: { type: "string" } });
  });

  it("keep only the words where the type changed, and forget what is gone", () => {
    const before: Schema = {
      properties: {
        a: { type: "integer", description: "Who", min: 3, default: 4 },
        gone: { type: "string" },
      },
      order: ["gone", "a"],
    };
    const kept = keepEdits(inferred, before, null);
    expect(kept.properties?.a).toEqual({ type: "string", description: "Who", default: null });
    expect(kept.order).toEqual(["a", "b", "c"]);
  });

  describe("with what the code said when they were made", () => {
    const said: Schema = {
      properties: {
        a: { type: "string", description: "Old words", default: null },
        b: { type: "integer", description: "", default: 5 },
        kind: { type: "string", enum: ["x", "y"] },
      },
    };

    it("stay, while what came from the code follows it", () => {
      const edited = changeProperty(said, "b", { description: "How many", min: 2 });
      const next: Schema = {
        properties: {
          a: { type: "string", description: "New words", default: null },
          b: { type: "integer", description: "", default: 5 },
          kind: { type: "string", enum: ["x", "y", "z"] },
        },
      };
      const kept = keepEdits(next, edited, said);
      expect(kept.properties?.a?.description).toBe("New words");
      expect(kept.properties?.b).toMatchObject({ description: "How many", min: 2 });
      expect(kept.properties?.kind?.enum).toEqual(["x", "y", "z"]);
    });

    it("hold against words that the code has too, and against its default until that changes", () => {
      const edited = changeProperty(changeProperty(said, "b", { default: 9 }), "a", { description: "" });
      const kept = keepEdits(said, edited, said);
      expect(kept.properties?.b?.default).toBe(9);
      expect(kept.properties?.a?.description).toBe("");
      const next = changeProperty(said, "b", { default: 7 });
      expect(keepEdits(next, kept, said).properties?.b?.default).toBe(7);
    });

    it("keep an order only where one was chosen", () => {
      const next: Schema = {
        properties: {
          kind: said.properties?.kind ?? {},
          b: said.properties?.b ?? {},
          new: { type: "string" },
        },
      };
      const untouched = { ...said, order: ["a", "b", "kind"] };
      expect(keepEdits(next, untouched, said).order).toBeUndefined();
      const moved = moveProperty(said, ["a", "b", "kind"], "b", -1);
      expect(keepEdits(next, moved, said).order).toEqual(["b", "kind", "new"]);
    });
  });

  it("change one property, or its place", () => {
    const changed = changeProperty(inferred, "b", { min: 2, default: undefined });
    expect(changed.properties?.b).toEqual({ type: "integer", description: "", min: 2 });
    expect(moveProperty(inferred, ["a", "b", "c"], "c", -1).order).toEqual(["a", "c", "b"]);
    expect(moveProperty(inferred, ["a", "b", "c"], "a", -1)).toBe(inferred);
  });
});
