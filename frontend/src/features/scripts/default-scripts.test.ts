import { expect, test } from "vitest";
import { arranged } from "./default-scripts";

const languages = ["python3", "bash", "go", "bun"].map((value) => ({ value }));
const names = (chosen: Parameters<typeof arranged>[1]) =>
  arranged(languages, chosen).map(({ value }) => value);

test("the chosen order comes first, the others keep theirs", () => {
  expect(names({ order: ["go", "bun"] })).toEqual(["go", "bun", "python3", "bash"]);
  expect(names({})).toEqual(["python3", "bash", "go", "bun"]);
});

test("hidden languages are not offered", () => {
  expect(names({ order: ["nu", "bun"], hidden: ["bash", "go"] })).toEqual(["bun", "python3"]);
});
