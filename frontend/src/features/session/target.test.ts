import { expect, it } from "vitest";
import { ownTarget } from "./target";

const HERE = "https://postmill.example.com";

it("goes on within the application", () => {
  for (const to of ["/w/main/runs?status=failure#last", "/scripts/f/a/b", "/"])
    expect(ownTarget(to, HERE)).toBe(to);
});

it("never leaves for another site", () => {
  for (const to of [
    undefined,
    "",
    "w/main",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "/./\\evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/\\\t/evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
  ]) {
    const target = ownTarget(to, HERE);
    expect(target.startsWith("/") && !target.startsWith("//")).toBe(true);
    expect(new URL(target, HERE).origin).toBe(HERE);
  }
});
