import { expect, it } from "vitest";
import { score } from "./score";

it("wants every word, and not letters that are scattered", () => {
  expect(score("New flow create build", "ord")).toBe(0);
  expect(score("f/ops/order Loop and approval", "ord")).toBe(1);
  expect(score("f/ops/order Loop and approval", "loop ops")).toBe(1);
  expect(score("f/ops/order Loop and approval", "loop runs")).toBe(0);
});

it("prefers the beginning of a word to its middle", () => {
  expect(score("f/ops/order", "order")).toBeGreaterThan(score("f/ops/reorder", "order"));
});

it("lets everything through when nothing was typed", () => {
  expect(score("Runs", " ")).toBe(1);
});
