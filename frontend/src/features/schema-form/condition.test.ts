import { describe, expect, it } from "vitest";
import { BadCondition, evaluate, isShown } from "./condition";

const FIELDS = { kind: "mail", to: ["a", "b"], count: 3, deep: { on: true }, text: "it's" };

describe("conditions of fields", () => {
  it.each([
    ['fields.kind === "mail"', true],
    ["fields.kind !== 'mail'", false],
    ["fields.count > 2 && fields.deep.on", true],
    ["fields.count * 2 + 1 == 7", true],
    ["fields.to.length >= 2 || false", true],
    ["fields.to?.includes('b')", true],
    ["!fields.missing?.deeper", true],
    ["fields.missing ?? 'x'", "x"],
    ["fields['count'] === 3", true],
    ["fields.kind.startsWith('ma') ? 1 : 2", 1],
    ["['a', 'mail'].includes(fields.kind)", true],
    ["'kind' in fields", true],
    ["count - 1 < 2 == false", true],
    ["-fields.count === -3", true],
    ["fields.constructor", undefined],
    ["fields.__proto__", undefined],
    ["fields.kind.length", 4],
    ['fields.text === "it\\\'s"', true],
  ])("%s is %s", (text, value) => {
    expect(evaluate(text, FIELDS)).toEqual(value);
  });

  it.each([
    "fields.",
    "(1",
    "alert(1)",
    "fields.kind.constructor('x')",
    "a => b",
    "1 2",
    "`x`",
    "x".repeat(501),
  ])("%s is no condition", (text) => {
    expect(() => evaluate(text, FIELDS)).toThrow(BadCondition);
    expect(isShown(text, FIELDS)).toBe(true);
  });

  it("shows what has no condition", () => {
    expect(isShown(undefined, {})).toBe(true);
    expect(isShown("fields.on", {})).toBe(false);
  });
});
