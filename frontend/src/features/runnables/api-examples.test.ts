import { describe, expect, it } from "vitest";
import { apiExamples } from "./api-examples";

const item = {
  path: "f/a/b",
  schema: {
    required: ["it's", "n"],
    properties: { "it's": { type: "string" as const }, n: { type: "integer" as const }, o: {} },
  },
};

describe("apiExamples", () => {
  it("fill in the required arguments and survive quotes", () => {
    const [start] = apiExamples("http://h", "main", "script", item);
    expect(start?.code).toContain("'http://h/api/w/main/jobs/run/p/f/a/b'");
    expect(start?.code).toContain(`{"it'\\''s":"it'\\''s","n":1}`);
  });

  it("start flows at their own addresses, and wait for them in Python", () => {
    const examples = apiExamples("http://h", "main", "flow", item);
    expect(examples.slice(0, 3).every(({ code }) => /jobs\/\w+\/f\/f\/a\/b'/.test(code))).toBe(true);
    expect(examples.at(-1)?.code).toContain('run_flow_async(\n    path="f/a/b"');
    expect(examples.at(-1)?.code).toContain("wait_job(run)");
  });
});
