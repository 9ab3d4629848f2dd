import { describe, expect, it } from "vitest";
import { extensionOf } from "@/features/files/files";
import { storedFile } from "./fields/stored-file";

describe("a stored file as a value", () => {
  it.each([
    [
      { s3: "a/b.csv", filename: "b.csv" },
      { s3: "a/b.csv", filename: "b.csv" },
    ],
    ["s3:///a/b.csv", { s3: "a/b.csv" }],
    ["s3://other/a.csv", { s3: "a.csv", storage: "other" }],
    [{ s3: "" }, null],
    [{ s3: 5 }, null],
    ["a/b.csv", null],
    [null, null],
  ])("%j is %j", (value, file) => expect(storedFile(value)).toEqual(file));

  it.each([
    ["report.PDF", "pdf"],
    ["a.tar.gz", "gz"],
    ["none", undefined],
    ["odd.x y", undefined],
  ])("the extension of %s is %s", (name, extension) => expect(extensionOf(name)).toBe(extension));
});
